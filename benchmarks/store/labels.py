"""The labels of the test images, kept for confusion matrices: OUT/labels/DATASET-CHECKSUM.json."""

import json
from pathlib import Path

from benchmarks.spec.images import Images
from benchmarks.spec.trial import LONGEST_LABEL, DatasetIdentity, short, slug
from benchmarks.store.files import write_whole


def labels_path(out: Path, identity: DatasetIdentity) -> Path:
    """Return where the test labels of a data set are, or are to be; they are found by its checksum."""
    folder = out / "labels"
    path = folder / f"{short(slug(identity.name), LONGEST_LABEL)}-{identity.checksum}.json"
    return path if path.exists() else min(folder.glob(f"*-{identity.checksum}.json"), default=path)


def write_labels(out: Path, images: Images) -> None:
    """Keep the test labels of a data set, where they are not there to be read."""
    path = labels_path(out, images.identity())
    if read_labels(out, images.identity()) is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(images.test.labels_N.tolist()) + "\n")


def read_labels(out: Path, identity: DatasetIdentity) -> tuple[int, ...] | None:
    """The test labels of a data set, or None where they were not kept or cannot be read."""
    try:
        found = json.loads(labels_path(out, identity).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_list = isinstance(found, list) and all(type(label) is int and label >= 0 for label in found)
    return tuple(found) if is_list else None
