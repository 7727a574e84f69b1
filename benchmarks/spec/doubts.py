"""What a reader must know of images, and of a recipe on them, before any number: said at the start of a run, in a plan, on the page and by
`analysis.check`.

It stands apart because it is made of the images once, and read from a record ever after. Nothing here needs torch.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from benchmarks.spec.images import DataFacts, Images, Split
from benchmarks.spec.recipe import PAD, Recipe
from benchmarks.spec.settings import recipe_name
from resnet_variants.names import printable

FEWEST_IMAGES = 5  # of a class
MOST_UNEVEN = 10  # times as many images in the largest class as in the smallest
LARGEST_SHIFT = 0.25  # of an image's side, by a crop
MIRRORED = frozenset({"crop-flip", "reflect-crop-flip"})


def with_notes(images: Images) -> Images:
    """The images, with notes on their classes and on what both splits hold."""
    return replace(images, notes=(*images.notes, *_of_classes(images), *_of_both_splits(images)))


def doubts(facts: DataFacts, recipe: Recipe) -> tuple[str, ...]:
    """Sentences, from what a record says of its images: their own notes, and where the recipe's augmentation does not suit them."""
    return (*facts.notes, *_of_augmentation(facts, recipe))


def _of_classes(images: Images) -> Iterator[str]:
    """Classes of which no error can be known, or beside which the others hardly count."""
    counts = {
        what: np.bincount(split.labels_N, minlength=len(images.classes))
        for what, split in (("training", images.train), ("test", images.test))
    }
    is_uneven = any(numbers.max() > MOST_UNEVEN * numbers.min() for numbers in counts.values())
    if not is_uneven and all(numbers.min() >= FEWEST_IMAGES for numbers in counts.values()):
        return
    ranges = [
        f"{what} images from {numbers.min():,} ({printable(images.classes[numbers.argmin()])}) "
        f"to {numbers.max():,} ({printable(images.classes[numbers.argmax()])})"
        for what, numbers in counts.items()
    ]
    test = counts["test"]
    largest, share = printable(images.classes[test.argmax()]), test.max() / test.sum()
    most = f" A network that always answers {largest} has a test error of {100 * (1 - share):.1f}%." if is_uneven else ""
    yield f"The classes are {'very uneven' if is_uneven else 'very small'}: {'; '.join(ranges)}.{most}"


def _of_both_splits(images: Images) -> Iterator[str]:
    """Test images that are training images, too, pixel by pixel, whatever their files are."""
    rows: dict[bytes, int] = {}
    for row, digest in enumerate(_digests(images.train)):
        rows.setdefault(digest, row)
    shared = [(row, rows[digest]) for row, digest in enumerate(_digests(images.test)) if digest in rows]
    if shared:
        test, train = shared[0]
        yield (
            f"Among the training images, too: {len(shared):,} of {len(images.test.labels_N):,} test images, the first of them "
            f"{_name(images, images.test, 'test', test)}, which is {_name(images, images.train, 'training', train)}. "
            "What a network says of an image that it was trained on is no test."
        )


def _digests(split: Split) -> Iterator[bytes]:
    """A hash of each image's pixels."""
    return (blake2b(pixels_CHW.data, digest_size=16).digest() for pixels_CHW in np.ascontiguousarray(split.images_NCHW))


def _name(images: Images, split: Split, what: str, row: int) -> str:
    """The image's file, or its number, counted from 0, and its class."""
    if split.names:
        return printable(split.names[row])
    return f"{what} image {row:,} (class {printable(images.classes[split.labels_N[row]])})"


def _of_augmentation(facts: DataFacts, recipe: Recipe) -> Iterator[str]:
    if recipe.augment not in MIRRORED:
        return
    remedy = f"take another recipe, or --set augment=none (augment is {recipe.augment})"
    side = min(facts.image_shape[1:])
    if side * LARGEST_SHIFT < PAD:
        yield f"Recipe {recipe_name(recipe)} crops images by up to {PAD} of their {side} pixels: {remedy}."
    if facts.has_a_left_and_right:
        yield f"Recipe {recipe_name(recipe)} mirrors half of the images, which have a left and a right: {remedy}."
