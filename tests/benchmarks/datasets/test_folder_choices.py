"""Folders as people have them: other names of the test part, none at all, images of every size; and what is chosen about them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from benchmarks.datasets import imagefolder
from benchmarks.spec.image_choices import ImageChoices
from benchmarks.spec.images import Images, load_images

MakeFolder = Callable[..., Path]


@pytest.fixture
def flat(tmp_path: Path) -> MakeFolder:
    """Make a folder of class folders only: numbers of images of 8x8 by class."""

    def make(**numbers: int) -> Path:
        random = np.random.default_rng(0)
        for label, number in numbers.items():
            place = tmp_path / "pets" / label
            place.mkdir(parents=True)
            for index in range(number):
                Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(place / f"{index:03}.png")
        return tmp_path / "pets"

    return make


def read(root: Path, holdout: float | None = None, size: int | None = None) -> Images:
    return load_images("imagefolder", root, False, ImageChoices(holdout_pct=holdout, image_size=size))


def with_parts(root: Path, *parts: str) -> Path:
    """Move the classes into these parts, a copy in each."""
    classes = list(root.iterdir())
    for part in parts:
        for place in classes:
            shutil.copytree(place, root / part / place.name)
    for place in classes:
        shutil.rmtree(place)
    return root


@pytest.mark.parametrize("part", ["val", "valid", "validation"])
def test_other_names_of_the_test_part_are_used_and_said(flat: MakeFolder, part: str) -> None:
    images = read(with_parts(flat(cat=2, dog=3), "train", part))
    assert images.name == "pets" and images.preparation == (f"test images: those of {part}/",)
    assert {name.split("/")[0] for name in images.test.names} == {part}


def test_test_comes_before_the_others_which_are_left_out(flat: MakeFolder) -> None:
    root = with_parts(flat(cat=2, dog=3), "train", "validation", "val", "valid", "test")
    images = read(root)
    assert images.preparation == ("left out: the folder val/, the folder valid/, the folder validation/",)
    shutil.rmtree(root / "test")
    with pytest.raises(
        ValueError, match=r"has val/ and valid/ and validation/, and which is the test part is unclear: call it test/"
    ):
        read(root)


def test_a_test_folder_without_classes_is_no_test_part(flat: MakeFolder) -> None:
    """As in competitions, whose test images have no labels."""
    root = with_parts(flat(cat=4, dog=4), "train")
    (root / "test").mkdir()
    shutil.copy(root / "train" / "cat" / "000.png", root / "test")
    with pytest.raises(ValueError, match=r"has no test part: test/ has no class folders: .*--holdout 20% cuts a test part"):
        read(root)
    assert read(root, holdout=25).preparation[-1] == "left out: the folder test/"
    shutil.copytree(root / "train", root / "val")
    assert read(root).preparation == ("test images: those of val/", "left out: the folder test/")


def test_a_test_part_is_cut_from_train_or_from_the_class_folders_alike(flat: MakeFolder) -> None:
    root = flat(cat=10, dog=5)
    images = read(root, holdout=20)
    assert images.name == "pets-holdout-20" and images.source.startswith("images of the folder pets, colour")
    assert images.preparation == ("test images: 20% of each class, the same at every seed (--holdout 20%)",)
    assert np.bincount(images.train.labels_N).tolist() == [8, 4] and np.bincount(images.test.labels_N).tolist() == [2, 1]
    assert {*images.train.names}.isdisjoint(images.test.names)
    assert read(with_parts(root, "train"), holdout=20).identity() == images.identity()


def test_another_percentage_is_another_data_set_and_holds_the_smaller_part(flat: MakeFolder) -> None:
    root = flat(cat=20, dog=10)
    parts = [read(root, holdout=percentage) for percentage in (10, 20, 50, 90)]
    assert len({images.identity().checksum for images in parts}) == 4
    assert len({images.name for images in parts}) == 4
    names = [set(images.test.names) for images in parts]
    assert names[0] < names[1] < names[2] < names[3]
    everything = [sorted([*images.train.names, *images.test.names]) for images in parts]
    assert everything == [everything[0]] * 4 and len(everything[0]) == 30


@given(names=st.permutations(range(12)), number=st.integers(2, 11))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_part_depends_on_what_the_files_hold_and_not_on_their_names(tmp_path: Path, names: list[int], number: int) -> None:
    shutil.rmtree(tmp_path / "pets", ignore_errors=True)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for grey, name in list(enumerate(names))[:number]:
            Image.new("L", (8, 8), 20 * grey + (label == "dog")).save(tmp_path / "pets" / label / f"{name}.png")
    images = read(tmp_path / "pets", holdout=30)
    values = sorted(images.test.images_NCHW[:, 0, 0, 0].tolist())
    assert EXPECTED.setdefault(number, values) == values


EXPECTED: dict[int, list[int]] = {}


def test_the_cut_is_this_one_on_every_machine(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "grey" / label).mkdir(parents=True)
        for index in range(10):
            path = tmp_path / "grey" / label / f"{index}.ppm"
            path.write_bytes(b"P5 8 8 255\n" + bytes([20 * index + (label == "b")]) * 64)
    images = read(tmp_path / "grey", holdout=30)
    assert images.test.names == CUT and images.identity().checksum == CHECKSUM


CUT, CHECKSUM = ("a/2.ppm", "a/5.ppm", "a/7.ppm", "b/0.ppm", "b/3.ppm", "b/8.ppm"), "e1a851866aeda2cd"


def test_copies_of_an_image_are_not_on_both_sides(flat: MakeFolder) -> None:
    root = flat(cat=10, dog=10)
    for path in sorted((root / "cat").iterdir()):
        shutil.copy(path, path.with_name(f"copy of {path.name}"))
    images = read(root, holdout=20)
    hashes = [{pixels.tobytes() for pixels in split.images_NCHW} for split in (images.train, images.test)]
    assert np.bincount(images.test.labels_N).tolist() == [4, 2] and hashes[0].isdisjoint(hashes[1])


def test_a_part_cannot_be_cut_from_a_single_image_or_where_there_is_one(flat: MakeFolder) -> None:
    root = flat(cat=3, dog=1)
    with pytest.raises(
        ValueError, match=r"pets/dog/000.png is the only image of its class, and --holdout 20% cuts .*: add images, or"
    ):
        read(root, holdout=20)
    with pytest.raises(ValueError, match=r"--data .*pets has no train/: it must be .*; --holdout 20% cuts a test part where"):
        read(root)
    for part in ("test", "val", "valid", "validation"):
        with_parts(root, "train", part)
        with pytest.raises(ValueError, match=rf"has its own test part, {part}/: omit --holdout, or move {part}/ away"):
            read(root, holdout=20)
        shutil.rmtree(root / part)
        for place in list((root / "train").iterdir()):
            place.rename(root / place.name)
        (root / "train").rmdir()


def test_a_class_without_any_file_is_left_out_and_said(flat: MakeFolder) -> None:
    root = flat(cat=4, dog=4)
    (root / "bird" / "deep").mkdir(parents=True)
    (root / "bird" / ".DS_Store").touch()
    images = read(root, holdout=25)
    assert images.classes == ("cat", "dog") and images.preparation[-1] == "left out: the empty class bird/"
    (root / "bird" / "1.heic").touch()  # meant as a class, and not usable
    with pytest.raises(ValueError, match=r"pets/bird has no images \(.*; left out: 1 .heic, 1 hidden\): add some"):
        read(root, holdout=25)
    for path in (root / "bird" / "1.heic", root / "bird" / ".DS_Store"):
        path.unlink()
    with_parts(root, "train", "valid")
    assert read(root).preparation[-1] == "left out: the empty class bird/"
    shutil.rmtree(root / "valid" / "bird")
    assert read(root).preparation[-1] == "left out: the empty class bird/"
    shutil.copytree(root / "train" / "cat", root / "train" / "bird", dirs_exist_ok=True)
    with pytest.raises(ValueError, match="bird exists in only one of them"):
        read(root)


@pytest.mark.parametrize("size", [8, 16, 40])
def test_images_are_scaled_to_the_chosen_side(flat: MakeFolder, size: int) -> None:
    root = with_parts(flat(cat=2, dog=2), "train", "test")
    wide = Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 50, 3), np.uint8))
    wide.save(root / "train" / "cat" / "000.png")
    images = read(root, size=size)
    assert images.image_shape == (3, size, size) and images.name == f"pets-{size}px" and images.notes == ()
    said = f"files of 8x8 to 50x30 pixels, scaled to fill {size}x{size} and cut around the middle (--image-size {size})"
    assert images.preparation == (said,)
    expected = np.asarray(ImageOps.fit(wide, (size, size), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    assert np.array_equal(images.train.images_NCHW[0], expected)


def test_a_size_that_the_images_have_changes_nothing_and_others_are_other_data_sets(flat: MakeFolder) -> None:
    root = with_parts(flat(cat=2, dog=2), "train", "test")
    found = read(root)
    same = read(root, size=8)
    assert (same.identity(), same.name, same.preparation) == (found.identity(), "pets", ())
    assert len({read(root, size=size).identity().checksum for size in (8, 16, 32)}) == 3


def test_photographs_of_one_size_are_used_if_a_size_is_chosen(flat: MakeFolder) -> None:
    root = flat(cat=2, dog=2)
    for path in root.rglob("*.png"):
        Image.new("RGB", (600, 400)).save(path)
    assert read(root, holdout=50, size=32).image_shape == (3, 32, 32)


def test_what_is_decoded_is_kept_for_each_choice(flat: MakeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own cache"))
    root = flat(cat=4, dog=4)
    decoded: list[Path] = []
    decode = imagefolder._pixels
    monkeypatch.setattr(imagefolder, "_pixels", lambda path, listing: decoded.append(path) or decode(path, listing))
    choices = [(25, None), (50, None), (25, 16), (25, 32)]
    first = [read(root, *choice).identity() for choice in choices]
    assert len(decoded) == 32 and len({identity.checksum for identity in first}) == 4
    assert [read(root, *choice).identity() for choice in choices] == first and len(decoded) == 32


def test_other_data_sets_have_no_such_choices() -> None:
    for choices in (ImageChoices(holdout_pct=20), ImageChoices(image_size=16)):
        with pytest.raises(
            ValueError, match=rf"{choices.flags[0]}: digits has its own test images and size; these flags are for a"
        ):
            load_images("digits", None, False, choices)
