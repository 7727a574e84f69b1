"""Labels of the test images, for confusion matrices: OUT/labels/DATASET-CHECKSUM.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.spec.images import Images
from benchmarks.spec.trial import LONGEST_LABEL, DatasetIdentity, short, slug
from benchmarks.store.files import write_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelStore:
    """Test labels under OUT/labels."""

    folder: Path

    def path(self, identity: DatasetIdentity) -> Path:
        """Return the path of a data set's test labels, whether or not the file exists; it is found by its checksum."""
        path = self.folder / f"{short(slug(identity.name), LONGEST_LABEL)}-{identity.checksum}.json"
        return path if path.exists() else min(self.folder.glob(f"*-{identity.checksum}.json"), default=path)

    def write(self, images: Images) -> None:
        """Write the test labels of a data set, unless readable ones exist."""
        path = self.path(images.identity())
        if self.read(images.identity()) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(images.test.labels_N.tolist()) + "\n")

    def read(self, identity: DatasetIdentity) -> tuple[int, ...] | None:
        """Return the test labels of a data set, or None if they are missing or unreadable."""
        try:
            labels = json.loads(self.path(identity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        is_list = isinstance(labels, list) and all(type(label) is int and label >= 0 for label in labels)
        return tuple(labels) if is_list else None
