"""The labels of the test images, kept for confusion matrices: OUT/labels/DATASET-CHECKSUM.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.spec.images import Images
from benchmarks.spec.trial import LONGEST_LABEL, DatasetIdentity, short, slug
from benchmarks.store.files import write_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelStore:
    """The test labels under OUT/labels."""

    folder: Path

    def path(self, identity: DatasetIdentity) -> Path:
        """Return where the test labels of a data set are, or would be; they are found by its checksum."""
        path = self.folder / f"{short(slug(identity.name), LONGEST_LABEL)}-{identity.checksum}.json"
        return path if path.exists() else min(self.folder.glob(f"*-{identity.checksum}.json"), default=path)

    def write(self, images: Images) -> None:
        """Keep the test labels of a data set, unless they can be read already."""
        path = self.path(images.identity())
        if self.read(images.identity()) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(images.test.labels_N.tolist()) + "\n")

    def read(self, identity: DatasetIdentity) -> tuple[int, ...] | None:
        """Return the test labels of a data set, or None if they are missing or unreadable."""
        try:
            found = json.loads(self.path(identity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        is_list = isinstance(found, list) and all(type(label) is int and label >= 0 for label in found)
        return tuple(found) if is_list else None
