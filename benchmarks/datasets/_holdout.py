"""Cut a test part from the images of a folder that has none: --holdout 20%."""

from pathlib import Path

from benchmarks.spec.image_choices import ImageChoices
from resnet_variants.names import printable

Labelled = list[tuple[Path, int]]


def cut(files: Labelled, digests: dict[Path, bytes], choices: ImageChoices) -> dict[str, Labelled]:
    """Divide files with their labels into both splits: of each class, those whose contents have the smallest digests are test images.

    So the part is the same at every seed, on every machine and under other names. Copies of an image are neighbours and stay on one side, but
    at the edge; an image more moves at most one other; and the part of a smaller percentage is in that of a larger one.

    Raises:
        ValueError: a class has a single image; names its folder.
    """
    by_class: dict[int, list[Path]] = {}
    for path, label in files:
        by_class.setdefault(label, []).append(path)
    tested: set[Path] = set()
    for paths in by_class.values():
        if len(paths) == 1:
            raise ValueError(
                f"{printable(str(paths[0]))} is the only image of its class, and {choices.flags[0]} cuts at least one test image from each class "
                "and leaves at least one: add images, or remove the class"
            )
        tested |= set(sorted(paths, key=lambda path: (digests[path], path))[: choices.num_test(len(paths))])
    return {
        "train": [(path, label) for path, label in files if path not in tested],
        "test": [(path, label) for path, label in files if path in tested],
    }
