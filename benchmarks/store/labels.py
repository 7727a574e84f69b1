"""Labels of the test images, for confusion matrices: OUT/labels/DATASET-CHECKSUM.json.

Of a pool, which each seed divides for itself, the labels of all images are kept once; the division of a seed is repeated from them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.spec.division import split_of_seed
from benchmarks.spec.images import Images
from benchmarks.spec.trial import LONGEST_LABEL, DatasetIdentity, Trial, short, slug
from benchmarks.store.files import write_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelStore:
    """Test labels, or a pool's labels, under OUT/labels."""

    folder: Path

    def path(self, identity: DatasetIdentity) -> Path:
        """Return the path of a data set's labels, whether or not the file exists; it is found by its checksum."""
        path = self.folder / f"{short(slug(identity.name), LONGEST_LABEL)}-{identity.checksum}.json"
        return path if path.exists() else min(self.folder.glob(f"*-{identity.checksum}.json"), default=path)

    def write(self, images: Images) -> None:
        """Write the labels of a data set, unless readable ones exist."""
        path = self.path(images.identity())
        if self.read(images.identity()) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            labels_N = images.pool_labels if images.is_pool else images.test.labels_N
            write_whole(path, json.dumps(labels_N.tolist()) + "\n")

    def read(self, identity: DatasetIdentity) -> tuple[int, ...] | None:
        """Return the labels of a data set's test images, or of all images of a pool; None if they are missing or unreadable."""
        try:
            labels = json.loads(self.path(identity).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        is_list = isinstance(labels, list) and all(type(label) is int and label >= 0 for label in labels)
        return tuple(labels) if is_list else None

    def of_trial(self, trial: Trial, num_test: int) -> tuple[int, ...] | None:
        """Return the labels of the `num_test` images that a trial was tested on.

        Return None if they are missing or unreadable, divide into another split than the trial's, or if the trial held out training images
        in the place of the test images.
        """
        labels = self.read(trial.dataset)
        if labels is None or trial.holdout or trial.split is None:
            return None if trial.holdout else labels
        if not 0 < num_test < len(labels):
            return None
        labels_N = np.array(labels, np.int64)
        division = split_of_seed(labels_N, num_test, trial.seed)
        return tuple(labels_N[division.drawn_N].tolist()) if division.checksum == trial.split else None
