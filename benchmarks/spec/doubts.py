"""Warnings about images and recipes that runs, plans, pages and `analysis.check` show before any number.

This is a module of its own because the images are examined only once; later the warnings are read from records. Nothing
here needs torch.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.images import Images, Split
from benchmarks.spec.recipe import ALTERNATING, PAD, Recipe
from benchmarks.spec.settings import recipe_name
from resnet_variants.names import printable

FEWEST_IMAGES = 5  # per class
MOST_UNEVEN = 10  # ratio of the largest to the smallest class
LARGEST_SHIFT = 0.25  # of an image's side, through a crop
MIRRORED = frozenset({"crop-flip", "reflect-crop-flip", ALTERNATING})


def with_notes(images: Images) -> Images:
    """Return the images with notes on the sizes of their classes and on images that are, or may be, in both splits.

    Classes have nearly the same sizes in every division of a pool: those of seed 0 are examined.
    """
    sizes = _note_class_sizes(images.split(0))
    shared = _note_repeated_images(images) if images.is_pool else _note_shared_images(images)
    return replace(images, notes=(*images.notes, *sizes, *shared))


def doubts(facts: DataFacts, recipe: Recipe) -> tuple[str, ...]:
    """Return the notes of the images, and sentences about augmentation in the recipe that does not suit them."""
    return (*facts.notes, *_doubt_augmentation(facts, recipe))


def _note_class_sizes(images: Images) -> Iterator[str]:
    """Yield a note if classes are too small to measure their error, or so uneven that small ones hardly count."""
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


def _note_shared_images(images: Images) -> Iterator[str]:
    """Yield a note if test images are also training images, compared pixel by pixel."""
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


def _note_repeated_images(images: Images) -> Iterator[str]:
    """Yield a note if a pool holds images several times, compared pixel by pixel: a seed may divide the copies."""
    pool, first, copies = images.pool, dict[bytes, int](), []
    for row, digest in enumerate(_digests(pool)):
        before = first.setdefault(digest, row)
        if before != row:
            copies.append((row, before))
    if copies:
        row, before = copies[0]
        yield (
            f"Copies of other images: {len(copies):,} of {len(pool.labels_N):,}, the first of them {_name(images, pool, 'pool', row)}, "
            f"which is {_name(images, pool, 'pool', before)}. A seed may test a network on copies of its training images."
        )


def _digests(split: Split) -> Iterator[bytes]:
    """Return an iterator over hashes of the images' pixels."""
    return (blake2b(pixels_CHW.data, digest_size=16).digest() for pixels_CHW in np.ascontiguousarray(split.images_NCHW))


def _name(images: Images, split: Split, what: str, row: int) -> str:
    """Return the image's file, or its number, counted from 0, and its class."""
    if split.names:
        return printable(split.names[row])
    return f"{what} image {row:,} (class {printable(images.classes[split.labels_N[row]])})"


def _doubt_augmentation(facts: DataFacts, recipe: Recipe) -> Iterator[str]:
    """Yield a sentence for each part of the augmentation that does not suit the images."""
    if recipe.augment not in MIRRORED:
        return
    remedy = f"use another recipe, or --set augment=none (augment is {recipe.augment})"
    side = min(facts.image_shape[1:])
    if side * LARGEST_SHIFT < PAD:
        yield f"Recipe {recipe_name(recipe)} crops images by up to {PAD} of their {side} pixels: {remedy}."
    if facts.has_a_left_and_right:
        yield f"Recipe {recipe_name(recipe)} mirrors half of the images, which have a left and a right: {remedy}."
