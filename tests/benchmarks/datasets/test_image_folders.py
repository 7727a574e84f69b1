"""Folders of images as users have them: links, broken files, odd sizes, names that are no text; each used, or left out with a reason."""

import os
import shutil
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torchvision
import typer
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.spec.images import Images, Split, load_dataset

RANDOM = np.random.default_rng(0)
HALF = np.zeros((6, 10, 3), np.uint8)  # white above, a red corner: no turn and no mirror leaves it as it is
HALF[:2] = 255
HALF[0, 0] = (255, 0, 0)


def picture(rows: int = 8, columns: int = 8) -> Image.Image:
    return Image.fromarray(RANDOM.integers(0, 256, (rows, columns, 3), np.uint8))


def read(root: Path) -> Images:
    return load_dataset("imagefolder").load(root, False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes, five images of 8x8 of each in either split."""
    for split in ("train", "test"):
        for label in ("cat", "dog"):
            place = tmp_path / "pets" / split / label
            place.mkdir(parents=True)
            for number in range(5):
                picture().save(place / f"{number}.png")
    return tmp_path / "pets"


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """Four images more, in a folder elsewhere, one of them deeper."""
    folder = tmp_path / "elsewhere"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.png", "b.png", "c.png", "deep/d.png"):
        picture().save(folder / name)
    return folder


def test_links_are_followed_as_torchvision_does(root: Path, more: Path) -> None:
    (root / "train" / "cat" / "link").symlink_to(more)
    (root / "train" / "dog" / "9.png").symlink_to(more / "a.png")
    (root / "train" / "dog" / "link").mkdir()
    (root / "train" / "dog" / "link" / "again").symlink_to(more / "deep")
    images = read(root)
    samples = torchvision.datasets.ImageFolder(str(root / "train")).samples
    expected = {(Path(path).relative_to(root).as_posix(), label) for path, label in samples}
    assert len(expected) == 5 + 4 + 5 + 2
    assert set(zip(images.train.names, images.train.labels_N.tolist(), strict=True)) == expected
    assert images.preparation == ()


def test_a_class_may_stand_behind_links_alone(root: Path, more: Path) -> None:
    shutil.rmtree(root / "train" / "cat")
    (root / "train" / "cat").mkdir()
    (root / "train" / "cat" / "link").symlink_to(more)
    assert read(root).train.labels_N.tolist() == [0] * 4 + [1] * 5


def test_links_that_lead_in_circles_add_nothing(root: Path, more: Path) -> None:
    cat = root / "train" / "cat"
    (cat / "loop").symlink_to(".")
    (cat / "up").symlink_to("..")
    (cat / "far up").symlink_to(root.parent)
    (cat / "more").symlink_to(more)
    (cat / "more again").symlink_to(more / "deep")
    (more / "back").symlink_to(cat)
    (more / "deep" / "crossed").symlink_to(more)
    images = read(root)
    assert len(images.train.labels_N) == 5 + 4 + 5 and len(set(images.train.names)) == 14
    assert len({pixels.tobytes() for pixels in images.train.images_NCHW}) == 14
    assert images.preparation == ("left out: 6 linked to a folder that is read already",)


def test_links_that_lead_nowhere_are_counted(root: Path) -> None:
    (root / "train" / "cat" / "9.png").symlink_to("missing.png")
    (root / "test" / "dog" / "itself").symlink_to("itself")
    assert read(root).preparation == ("left out: 2 linked to nothing",)
    for path in (root / "train" / "cat").glob("[0-4].png"):
        path.unlink()
    with pytest.raises(ValueError, match=r"train/cat has no images \(.*; left out: 1 linked to nothing\): add some"):
        read(root)


def test_a_folder_without_links_keeps_its_checksum(tmp_path: Path) -> None:
    """What a commit before links gave: the order of images is part of it."""
    random = np.random.default_rng(1)
    for split in ("train", "val"):
        for name in (
            "a/1.png",
            "a/10.PNG",
            "a/2.bmp",
            "a/A/z.png",
            "a/b.c/d/e.tif",
            "a/b/x.ppm",
            "b/\N{LATIN SMALL LETTER E WITH ACUTE}.png",
            "b/.x.png",
        ):
            path = tmp_path / "old" / split / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, (9, 7, 3), np.uint8)).save(path)
    assert read(tmp_path / "old").identity().checksum == "8ed1fe26b7355659"


def test_every_file_that_is_not_used_is_counted_by_reason(root: Path) -> None:
    def touch(*names: str) -> None:
        for name in names:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(b"x")

    touch("train/cat/1.heic", "train/dog/1.HEIC", "train/dog/1.avif", "test/cat/README", "test/cat/.DS_Store", "train/notes.txt")
    touch("labels.csv", "val/1.png", ".git/config", "train/.cache/1.png", "train/cat/.thumbs/1.png")
    os.mkfifo(root / "test" / "cat" / "pipe.png")
    images = read(root)
    assert images.preparation == (
        "left out: 4 hidden, 2 .heic, 2 outside of the class folders, 1 .avif, 1 no file, 1 for other reasons, the folder val/",
    )
    assert images.facts.in_words == f"10 training and 10 test images, 2 classes, 8x8; {images.preparation[0]}"


NAMES = st.text(st.sampled_from("ab.B"), min_size=1, max_size=4).filter(lambda name: name.strip(".") == name)
FILES = st.sets(
    st.tuples(st.sampled_from(["", "d", "e/f"]), NAMES, st.sampled_from([".png", ".PNG", "", ".txt", ".heic", ".gz"]))
)


@given(files=FILES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_used_and_what_is_left_out_are_all_files(root: Path, files: set[tuple[str, str, str]]) -> None:
    content = (root / "train" / "cat" / "0.png").read_bytes()
    place = root / "train" / "cat" / "own"
    shutil.rmtree(place, ignore_errors=True)
    for folder, name, ending in files:
        (place / folder).mkdir(parents=True, exist_ok=True)
        (place / folder / f"x{name}{ending}").write_bytes(content)
    images = read(root)
    there = [path for path in place.rglob("*") if path.is_file()]
    words = images.preparation[0].removeprefix("left out: ").split(", ") if images.preparation else []
    assert len(images.train.labels_N) + sum(int(word.split()[0]) for word in words) == 10 + len(there)


def test_one_image_of_another_size_is_said_for_it_changes_all(root: Path) -> None:
    assert read(root).notes == ()
    picture(12, 10).save(root / "test" / "cat" / "3.png")
    images = read(root)
    (note,) = images.notes
    assert note.startswith("Not of 8x8 pixels, as the others are: 1 of 20 images, the first of them test/cat/3.png of 10x12.")
    assert "scaled to fill 32x32 and cut around the middle" in note
    assert images.preparation == ("files of 8x8 to 10x12 pixels, scaled to fill 32x32 and cut around the middle",)


def test_pictures_of_many_sizes_are_no_odd_ones_but_their_scaling_is_said(root: Path) -> None:
    for number, path in enumerate(sorted(root.rglob("*.png"))):
        picture(20 + number, 40).save(path)
    images = read(root)
    assert images.notes == ()
    assert images.facts.in_words.endswith("32x32; files of 40x20 to 40x39 pixels, scaled to fill 32x32 and cut around the middle")


def test_other_changes_of_pictures_are_said(root: Path) -> None:
    cat = root / "train" / "cat"
    frames = [Image.fromarray(np.full((8, 8), grey, np.uint8)) for grey in (10, 200, 90)]
    for name, more in (("moving.gif", {}), ("moving.webp", {"lossless": True}), ("pages.tif", {})):
        frames[0].save(cat / name, save_all=True, append_images=frames[1:], **more)
    picture().convert("L").save(cat / "grey.png")
    clear = Image.new("RGBA", (8, 8))
    clear.save(cat / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 3
    picture().save(cat / "turned.webp", lossless=True, exif=exif)
    images = read(root)
    assert images.preparation == (
        "1 turned upright, as EXIF says",
        "1 with an alpha channel, laid on white",
        "3 with several frames, of which the first is used",
        "2 grey, made colour as the others are",
    )
    by_name = dict(zip(images.train.names, images.train.images_NCHW, strict=True))
    assert all((by_name[f"train/cat/{name}"] == 10).all() for name in ("moving.gif", "moving.webp", "pages.tif"))
    assert (by_name["train/cat/clear.png"] == 255).all()


def broken_exif(orientation: int) -> bytes:
    """An EXIF block with an orientation and a resolution of -1/0, as a signed rational."""
    head = b"II*\0" + struct.pack("<IH", 8, 2)
    entries = struct.pack("<HHII", 0x0112, 3, 1, orientation) + struct.pack("<HHII", 0x011A, 10, 1, 38)
    return b"Exif\0\0" + head + entries + struct.pack("<I", 0) + struct.pack("<ii", -1, 0)


@pytest.mark.parametrize(("orientation", "turns"), [(6, 1), (3, 2), (8, 3), (1, 0)])
@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_a_picture_comes_upright_whatever_else_its_exif_says(root: Path, orientation: int, turns: int, ending: str) -> None:
    """The instance: python-pillow/Pillow#8965. The camera was turned, and `turns` quarters against the clock bring the sensor's rows back."""
    shutil.rmtree(root / "train" / "cat")
    (root / "train" / "cat").mkdir()
    lossless = {"lossless": True} if ending == "webp" else {"quality": 100, "subsampling": 0}
    big = HALF.repeat(8, axis=0).repeat(8, axis=1)
    Image.fromarray(np.rot90(big, turns).copy()).save(
        root / "train" / "cat" / f"a.{ending}", exif=broken_exif(orientation), **lossless
    )
    for path in root.rglob("*.png"):
        picture(48, 80).save(path)
    images = read(root)
    assert images.image_shape == (3, 48, 80)
    apart = np.abs(images.train.images_NCHW[0].transpose(1, 2, 0).astype(int) - big)
    assert apart.mean() < (0.1 if ending == "webp" else 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["tif", "webp"])
def test_every_orientation_is_the_one_that_pillow_gives(root: Path, orientation: int, ending: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    more = {"lossless": True} if ending == "webp" else {}
    for path in sorted(root.rglob("*.png")):
        picture(6, 10).save(path.with_suffix(f".{ending}"), exif=exif, **more)
        path.unlink()
    images = read(root)
    assert images.image_shape == ((3, 6, 10) if orientation < 5 else (3, 10, 6)) and images.notes == ()
    for name, pixels_CHW in zip(images.train.names, images.train.images_NCHW, strict=True):
        with Image.open(root / name) as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
        assert np.array_equal(pixels_CHW.transpose(1, 2, 0), expected)


def valid_files() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = {}
    for ending, form, more in (
        ("jpg", "JPEG", {"exif": exif}),
        ("png", "PNG", {}),
        ("tif", "TIFF", {"exif": exif}),
        ("webp", "WEBP", {"lossless": True, "exif": exif}),
        ("gif", "GIF", {}),
        ("bmp", "BMP", {}),
    ):
        file = BytesIO()
        picture().save(file, form, **more)
        found[ending] = file.getvalue()
    file = BytesIO()
    picture().save(file, "TIFF", compression="tiff_lzw")
    return found | {"tiff": file.getvalue()}


VALID = valid_files()
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6)


@pytest.fixture(scope="module")
def folder_of_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder without its first image."""
    root = tmp_path_factory.mktemp("one")
    for name in ("train/b/0.png", "test/a/0.png", "test/b/0.png"):
        (root / name).parent.mkdir(parents=True)
        picture().save(root / name)
    (root / "train" / "a").mkdir()
    return root


@pytest.mark.filterwarnings("error")
@given(ending=st.sampled_from(sorted(VALID)), changes=CHANGES, end=st.floats(0.05, 1))
@example(ending="jpg", changes=[], end=0.0)
@settings(max_examples=150)
def test_a_file_of_any_bytes_is_an_image_or_refused_by_its_path(
    folder_of_one: Path, ending: str, changes: list[tuple[float, int]], end: float
) -> None:
    content = bytearray(VALID[ending])
    for place, byte in changes:
        content[int(place * len(content))] = byte
    path = folder_of_one / "train" / "a" / f"x.{ending}"
    path.write_bytes(content[: int(end * len(content)) + (end == 1)])
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(path))  # nothing is kept
            patch.setattr(Image, "MAX_IMAGE_PIXELS", 100_000)
            images = read(folder_of_one)
    except ValueError as error:
        assert str(error).startswith(str(path)) and "<_io" not in str(error)
        assert str(error).endswith((": repair or remove it", ": convert it to 8 bits first"))
    else:
        assert images.train.names == (f"train/a/x.{ending}", "train/b/0.png")
    finally:
        path.unlink()


def test_all_broken_files_are_named_at_once(root: Path) -> None:
    train, test = root / "train", root / "test"
    (train / "cat" / "0.png").write_bytes(b"")
    (train / "cat" / "1.png").write_bytes(b"not an image")
    whole = (test / "dog" / "4.png").read_bytes()
    (test / "dog" / "4.png").write_bytes(whole[:-40])
    Image.fromarray(np.full((8, 8), 60_000, np.uint16)).save(test / "cat" / "2.png")
    with pytest.raises(ValueError, match="4 files cannot be used") as refused:
        read(root)
    lines = str(refused.value).splitlines()
    assert [line.strip().removeprefix(f"{root}/").split(": ")[0].split(" (")[0] for line in lines[1:]] == [
        "train/cat/0.png is not a readable image",
        "train/cat/1.png is not a readable image",
        "test/cat/2.png has pixels of mode 'I;16', which do not fit into 8 bits per channel",
        "test/dog/4.png cannot be decoded",
    ]
    assert "it is empty" in lines[1] and "<_io" not in str(refused.value)
    for path in [*train.rglob("*.png")][:10] + [*test.rglob("*.png")][:5]:
        path.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match=r"1[5-7] files cannot be used:(\n  .+){10}\n  and [5-7] more$"):
        read(root)


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT}", (r"\xe9", r"e\u0301")),
        ("cаt", "cat2", (r"c\u0430t", "cat2")),  # noqa: RUF001  # the first has a Cyrillic letter
        ("dog ", "dog\N{ZERO WIDTH SPACE}", ("'dog '", r"dog\u200b")),
    ],
    ids=["two forms", "two scripts", "blanks"],
)
def test_class_names_that_look_alike_are_shown_with_escapes(root: Path, first: str, second: str, shown: tuple[str, str]) -> None:
    (root / "train" / "dog").rename(root / "train" / first)
    (root / "test" / "dog").rename(root / "test" / second)
    with pytest.raises(ValueError, match="differ") as refused:
        read(root)
    assert all(name in str(refused.value) for name in shown)


def test_a_class_folder_whose_name_is_no_text_is_refused(root: Path) -> None:
    for split in ("train", "test"):
        (root / split / "dog").rename(root / split / os.fsdecode(b"caf\xe9"))
    with pytest.raises(ValueError, match=r"train/caf\\udce9' has a name that is not UTF-8, .*: rename it"):
        read(root)


def test_such_a_folder_ends_a_run_before_it_writes_anything(root: Path, tmp_path: Path) -> None:
    app = typer.Typer(add_completion=False)
    app.command()(run.main)
    for split in ("train", "test"):
        shutil.copytree(root / split / "dog", root / split / os.fsdecode(b"caf\xe9"))
    asked = ["--suite", "lectures", "--arms", "lecture_identity", "--seeds", "1", "--dataset", "imagefolder", "--data", str(root)]
    result = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2 and r"caf\udce9' has a name that is not UTF-8" in result.stderr
    assert not (tmp_path / "out").exists()


def test_other_names_that_are_no_text_stay_out_of_what_is_recorded(root: Path) -> None:
    image = root / "train" / "cat" / "0.png"
    shutil.copy(image, os.fsencode(root) + b"/test/cat/caf\xe9.png")
    moved = Path(os.fsdecode(os.fsencode(root.parent) + b"/\xe9t\xe9"))
    root.rename(moved)
    images = read(moved)
    assert len(images.test.labels_N) == 11
    str(images.facts).encode()
    assert images.name == "t"


@pytest.mark.parametrize("field", ["name", "source", "classes", "notes", "preparation"])
def test_no_data_set_holds_what_no_record_could(field: str) -> None:
    split = Split(images_NCHW=np.zeros((2, 1, 4, 4), np.uint8), labels_N=np.array([0, 1]))
    fields: dict[str, object] = {"name": "mine", "source": "made", "classes": ("a", "b"), "notes": (), "preparation": ()}
    fields[field] = "x\udce9" if field in ("name", "source") else ("a", "x\udce9")
    with pytest.raises(ValueError, match=r"x\\udce9' is not UTF-8, so no record can hold it: rename it"):
        Images(train=split, test=split, **fields)  # type: ignore[arg-type]
