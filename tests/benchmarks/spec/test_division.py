"""A pool is divided by each seed for itself: at random, with every class in proportion, and on every machine alike."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cli.plan import plan
from benchmarks.spec.division import divide, split_of_seed
from benchmarks.spec.doubts import with_notes
from benchmarks.spec.images import Images, Split, load_dataset, load_images
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import arms, arms_on_parts
from benchmarks.spec.trial import without_defaults

GOLDEN = ("025823599c093279", "35313006910a5db2", "1a3e26afde2afd21")


@pytest.fixture(scope="module")
def pool() -> Images:
    return load_images("digits-splits", None, False)


@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=6), part=st.floats(0.01, 0.99), seed=st.integers(0, 2**40))
def test_both_parts_are_disjoint_and_have_every_class_in_proportion(counts: list[int], part: float, seed: int) -> None:
    labels_N = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.int64)
    if len(labels_N) < 2:
        return
    number = min(max(1, round(part * len(labels_N))), len(labels_N) - 1)
    division = divide(labels_N, number, seed=seed, purpose="any")
    assert len(division.drawn_N) == number
    assert sorted([*division.kept_N, *division.drawn_N]) == list(range(len(labels_N)))
    assert division.kept_N.tolist() == sorted(division.kept_N) and division.drawn_N.tolist() == sorted(division.drawn_N)
    for label, count in enumerate(counts):
        assert abs((labels_N[division.drawn_N] == label).sum() - count * number / len(labels_N)) < 1


def test_every_image_is_drawn_about_equally_often() -> None:
    labels_N = np.arange(60) % 3
    times_N = np.zeros(60)
    for seed in range(400):
        times_N[divide(labels_N, 15, seed=seed, purpose="split").drawn_N] += 1
    assert times_N.sum() == 400 * 15 and abs(times_N / 400 - 0.25).max() < 0.09


def test_the_digits_are_divided_alike_on_every_machine(pool: Images) -> None:
    divisions = [pool.division(seed) for seed in range(3)]
    assert tuple(division.checksum for division in divisions if division) == GOLDEN
    assert pool.identity().checksum == "4fd56d2b3b172bd8"
    labels_N = np.arange(12, dtype=np.int64) % 2
    assert split_of_seed(labels_N, 4, 7).drawn_N.tolist() == [2, 5, 8, 11]


def test_a_seed_has_its_own_1297_training_and_500_test_images(pool: Images) -> None:
    first, second = pool.split(0), pool.split(1)
    for images in (first, second):
        assert (len(images.train.labels_N), len(images.test.labels_N), images.is_pool) == (1297, 500, False)
        shares = np.bincount(pool.pool_labels) * 500 / 1797
        assert abs(np.bincount(images.test.labels_N) - shares).max() < 1
    assert not np.array_equal(first.test.images_NCHW, second.test.images_NCHW)
    together = np.concatenate([first.train.images_NCHW, first.test.images_NCHW]).reshape(1797, -1)
    assert np.array_equal(np.unique(together, axis=0), np.unique(pool.pool.images_NCHW.reshape(1797, -1), axis=0))
    assert first.facts.num_test == pool.facts.num_test and pool.facts.in_words.endswith("8x8; divided at random for each seed")


def test_a_fixed_split_is_the_same_for_every_seed_and_another_data_set_than_the_pool(digits: Images) -> None:
    assert digits.split(0) is digits.split(5) is digits and digits.division(0) is None
    assert digits.identity().checksum == "66c6805119126227"
    assert replace(digits, is_pool=True).identity() != digits.identity()


def test_all_arms_of_a_seed_share_its_split_and_seeds_differ(pool: Images, digits: Images) -> None:
    compared = {**arms("plain8", "resnet8"), **arms_on_parts(["resnet8"], [0.5])}
    trials = plan(compared.values(), pool, RECIPES["quick"], 3)
    slower = plan(compared.values(), pool, replace(RECIPES["quick"], learning_rate=0.05), 3)
    for seed, checksum in enumerate(GOLDEN):
        assert {trial.split for trial in (*trials, *slower) if trial.seed == seed} == {checksum}
    assert without_defaults(trials[0])["split"] == GOLDEN[0]
    assert replace(trials[0], split=GOLDEN[1]).key != trials[0].key
    assert {trial.split for trial in plan(compared.values(), digits, RECIPES["quick"], 2)} == {None}


def test_the_files_of_a_pool_keep_their_names() -> None:
    random = np.random.default_rng(0)
    splits = [
        Split(
            images_NCHW=random.integers(0, 255, (number, 1, 4, 4)).astype(np.uint8),
            labels_N=np.arange(number, dtype=np.int64) % 2,
            names=tuple(f"{what}/{place}.png" for place in range(number)),
        )
        for what, number in (("train", 12), ("test", 4))
    ]
    images = Images(name="mine", source="made", train=splits[0], test=splits[1], classes=("a", "b"), is_pool=True)
    by_name = dict(zip(images.pool.names, images.pool.images_NCHW, strict=True))
    for split in (images.split(2).train, images.split(2).test):
        assert all(np.array_equal(by_name[name], pixels) for name, pixels in zip(split.names, split.images_NCHW, strict=True))


def test_copies_in_a_pool_are_noted_because_a_seed_may_part_them(pool: Images) -> None:
    assert with_notes(pool).notes == ()
    pixels = pool.train.images_NCHW.copy()
    pixels[7] = pool.test.images_NCHW[3]
    (note,) = with_notes(replace(pool, train=replace(pool.train, images_NCHW=pixels))).notes
    assert note.startswith("Copies of other images: 1 of 1,797, the first of them pool image 1,300 (class ")
    assert "which is pool image 7 (class 7)" in note


def test_classes_of_a_pool_are_counted_as_a_seed_divides_them() -> None:
    labels_N = np.repeat(np.arange(2, dtype=np.int64), 30)  # class by class: the given test images are of one class
    pixels = np.random.default_rng(0).integers(0, 255, (60, 1, 4, 4)).astype(np.uint8)
    train, test = (Split(images_NCHW=pixels[part], labels_N=labels_N[part]) for part in (slice(40), slice(40, None)))
    images = Images(name="sorted", source="made", train=train, test=test, classes=("a", "b"))
    assert with_notes(images).notes and not with_notes(replace(images, is_pool=True)).notes


def test_a_folder_is_refused_where_the_images_need_none(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="is not used by digits-splits, which come with scikit-learn"):
        load_dataset("digits-splits").load(tmp_path, False)  # type: ignore[arg-type]
