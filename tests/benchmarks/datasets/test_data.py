"""Images: what comes with the install, any folder, torchvision's sets; and the errors that say what to do."""

import pickle
import shutil
import struct
from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torchvision
from PIL import Image
from scipy.io import savemat

from benchmarks.datasets import imagefolder
from benchmarks.datasets._torchvision import torchvision_dataset
from benchmarks.spec.images import Images, Split, dataset_names, load_dataset

MakeFolder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> MakeFolder:
    """Make a folder of images: two classes, so many of each in either split, of these sizes in turn."""

    def make(*, test: str = "test", number: int = 3, sizes: tuple[tuple[int, int], ...] = ((8, 6),), mode: str = "RGB") -> Path:
        random = np.random.default_rng(0)
        for split in ("train", test):
            for label in ("cat", "dog"):
                place = tmp_path / "pets" / split / label
                place.mkdir(parents=True)
                for index in range(number):
                    columns, rows = sizes[index % len(sizes)]
                    pixels = random.integers(0, 256, (rows, columns, 3), np.uint8)
                    Image.fromarray(pixels).convert(mode).save(place / f"{index}.png")
        return tmp_path / "pets"

    return make


def test_digits_are_1297_and_500_and_never_change(digits: Images) -> None:
    assert digits.train.images_NCHW.shape == (1297, 1, 8, 8)
    assert digits.test.images_NCHW.shape == (500, 1, 8, 8)
    assert digits.identity().checksum == "66c6805119126227"
    assert (digits.train.images_NCHW.min(), digits.train.images_NCHW.max()) == (0, 255)


def test_digits_are_split_in_proportion_and_without_overlap(digits: Images) -> None:
    counts = [np.bincount(split.labels_N) for split in (digits.train, digits.test)]
    assert np.abs(counts[0] / 1297 - counts[1] / 500).max() < 0.002
    assert sum(len(split.labels_N) for split in (digits.train, digits.test)) == 1797


def test_the_checksum_sees_a_pixel_a_label_and_the_split(tiny: Images) -> None:
    pixels_NCHW, labels_N = tiny.train.images_NCHW.copy(), tiny.train.labels_N.copy()
    pixels_NCHW[3, 1, 2, 2] ^= 1
    labels_N[[0, 1]] = labels_N[[1, 0]]
    changed = [
        Split(images_NCHW=pixels_NCHW, labels_N=tiny.train.labels_N),
        Split(images_NCHW=tiny.train.images_NCHW, labels_N=labels_N),
        tiny.test,
    ]
    others = [Images(name="tiny", source="", train=split, test=tiny.test, classes=tiny.classes) for split in changed]
    assert len({images.identity().checksum for images in [tiny, *others]}) == 4


@pytest.mark.parametrize("test", ["test", "val", "valid", "validation"])
def test_a_folder_of_images_is_read(folder: MakeFolder, test: str) -> None:
    root = folder(test=test)
    images = load_dataset("imagefolder").load(root, False)
    assert (images.name, images.classes, images.image_shape) == ("pets", ("cat", "dog"), (3, 6, 8))
    assert images.train.labels_N.tolist() == [0, 0, 0, 1, 1, 1]
    with Image.open(root / "train" / "dog" / "1.png") as picture:
        assert np.array_equal(images.train.images_NCHW[4].transpose(1, 2, 0), np.asarray(picture))


def test_grey_images_have_one_channel(folder: MakeFolder) -> None:
    assert load_dataset("imagefolder").load(folder(mode="L"), False).image_shape == (1, 6, 8)


def test_images_of_different_sizes_are_brought_to_one(folder: MakeFolder) -> None:
    images = load_dataset("imagefolder").load(folder(sizes=((40, 50), (33, 20))), False)
    assert images.image_shape == (3, 32, 32)


def test_a_folder_is_decoded_once_and_again_when_its_content_changes(
    folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own cache"))
    root = folder()
    decoded: list[Path] = []
    decode = imagefolder._pixels
    monkeypatch.setattr(imagefolder, "_pixels", lambda path, listing: decoded.append(path) or decode(path, listing))
    first, second = (load_dataset("imagefolder").load(root, False) for _ in range(2))
    assert len(decoded) == 12
    assert first.identity() == second.identity()
    Image.new("RGB", (8, 6), "red").save(root / "train" / "cat" / "0.png")
    third = load_dataset("imagefolder").load(root, False)
    assert len(decoded) == 24
    assert third.identity() != first.identity()


def test_a_damaged_cache_is_made_again(folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own cache"))
    root = folder()
    first = load_dataset("imagefolder").load(root, False)
    for damage in (b"", b"PK\x03\x04 torn"):
        (cached,) = (tmp_path / "own cache").rglob("*.npz")
        cached.write_bytes(damage)
        assert load_dataset("imagefolder").load(root, False).identity() == first.identity()


def test_a_cache_that_cannot_be_written_is_done_without(
    folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_dataset("imagefolder").load(folder(), False).name == "pets"


def test_a_folder_called_like_a_known_data_set_does_not_take_its_name(folder: MakeFolder) -> None:
    root = folder()
    assert load_dataset("imagefolder").load(root.rename(root.with_name("cifar10")), False).name == "imagefolder-cifar10"


def test_images_stand_upright_and_on_white(folder: MakeFolder) -> None:
    """As viewers show them: turned as the camera noted, and on paper where they are transparent."""
    root = folder(number=1, sizes=((6, 8),))
    upright = np.zeros((8, 6, 3), np.uint8)
    upright[:2] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(np.rot90(upright).copy()).save(root / "train" / "cat" / "0.webp", lossless=True, exif=exif)
    clear = np.zeros((8, 6, 4), np.uint8)
    clear[4:, :, 3] = 255
    Image.fromarray(clear).save(root / "train" / "dog" / "00.png")
    found = load_dataset("imagefolder").load(root, False)
    assert found.image_shape == (3, 8, 6)
    by_name = {"cat": found.train.images_NCHW[1], "dog": found.train.images_NCHW[3]}
    assert np.array_equal(by_name["cat"], upright.transpose(2, 0, 1))
    assert (by_name["dog"][:, :4] == 255).all() and (by_name["dog"][:, 4:] == 0).all()


def test_hidden_files_and_folders_are_left_out(folder: MakeFolder) -> None:
    root = folder()
    hidden = root / "train" / "cat" / ".ipynb_checkpoints"
    hidden.mkdir()
    for path in (hidden / "0-checkpoint.png", root / "train" / "cat" / "._0.png"):
        shutil.copy(root / "train" / "cat" / "0.png", path)
    assert len(load_dataset("imagefolder").load(root, False).train.labels_N) == 6


def test_photographs_of_one_size_are_refused_before_they_fill_the_memory(folder: MakeFolder) -> None:
    root = folder(number=2, sizes=((600, 400),))
    words = "all have 600x400 pixels and are not scaled: make them smaller first, at most 512 pixels per side, or scale them on loading"
    with pytest.raises(ValueError, match=words):
        load_dataset("imagefolder").load(root, False)
    Image.new("RGB", (8, 8)).save(root / "train" / "cat" / "0.png")
    assert load_dataset("imagefolder").load(root, False).image_shape == (3, 32, 32)


def deepen(root: Path) -> None:
    pixels = np.full((6, 8), 60_000, np.uint16)
    Image.fromarray(pixels).save(root / "train" / "dog" / "0.png")


def one_class(root: Path) -> None:
    for split in ("train", "test"):
        shutil.rmtree(root / split / "dog")


def truncate(root: Path) -> None:
    path = root / "test" / "cat" / "2.png"
    path.write_bytes(path.read_bytes()[:-40])


def spoil(root: Path) -> None:
    (root / "train" / "dog" / "0.png").write_bytes(b"not an image")


def rename_class(root: Path) -> None:
    (root / "test" / "dog").rename(root / "test" / "bird")


def add_class(root: Path) -> None:
    shutil.copytree(root / "test" / "dog", root / "test" / "bird")


def empty_class(root: Path) -> None:
    for path in (root / "train" / "cat").iterdir():
        path.unlink()


def no_test(root: Path) -> None:
    (root / "test").rename(root / "other")


def no_classes(root: Path) -> None:
    for path in list((root / "train").iterdir()):
        path.rename(root / path.name)


@pytest.mark.parametrize(
    ("damage", "answer"),
    [
        (truncate, r"test/cat/2\.png cannot be decoded .*: repair or remove it"),
        (spoil, r"train/dog/0\.png is not a readable image .*: repair or remove it"),
        (rename_class, r"the classes of .* differ: bird, dog exist in only one of them"),
        (add_class, r"the classes of .* differ: bird exists in only one of them"),
        (empty_class, r"train/cat has no images .*: add some, or remove the class"),
        (
            no_test,
            r"has no test part \(test/, val/, valid/, validation/\): it must be a folder with .*; --holdout 20% cuts a test part",
        ),
        (no_classes, r"train has no class folders"),
        (deepen, r"train/dog/0\.png has pixels of mode 'I;16', .* convert it to 8 bits first"),
        (one_class, r"has 1 class and 3 training images: it needs at least two of each"),
    ],
)
def test_a_damaged_folder_is_refused_with_path_and_remedy(
    folder: MakeFolder, damage: Callable[[Path], None], answer: str
) -> None:
    root = folder()
    damage(root)
    with pytest.raises(ValueError, match=answer):
        load_dataset("imagefolder").load(root, False)


def test_a_folder_that_may_not_be_read_is_refused(folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder()

    def deny(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    for method, path in (("read_bytes", "train/cat/0.png"), ("iterdir", "test")):
        with (
            monkeypatch.context() as patch,
            pytest.raises(ValueError, match=rf"{path} cannot be read \(Permission denied\): make it"),
        ):
            patch.setattr(Path, method, deny)
            load_dataset("imagefolder").load(root, False)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs --data DIR"):
        load_dataset("imagefolder").load(None, False)
    with pytest.raises(ValueError, match="is not a folder"):
        load_dataset("imagefolder").load(tmp_path / "missing", False)


FILES_OF: dict[str, str] = {
    "cifar10": "cifar-10-batches-py",
    "cifar100": "cifar-100-python",
    "mnist": "MNIST/raw",
    "fashion_mnist": "FashionMNIST/raw",
    "svhn": "train_32x32.mat",
}


@pytest.mark.parametrize(("name", "files"), FILES_OF.items())
def test_the_files_themselves_are_answered_with_the_folder_that_holds_them(name: str, files: str, tmp_path: Path) -> None:
    (tmp_path / files).mkdir(parents=True)
    for number in range(len(Path(files).parts)):
        named = (tmp_path / files).parents[number - 1] if number else tmp_path / files
        for download in (False, True):  # which would put all of it there once more
            words = (
                rf"{name} could not be read from {named}: name the folder that holds {files}, which is {tmp_path}, with --data$"
            )
            with pytest.raises(ValueError, match=words):
                load_dataset(name).load(named, download)


@pytest.mark.parametrize(("name", "files"), FILES_OF.items())
def test_a_missing_and_a_damaged_data_set_are_answered_in_our_words(name: str, files: str, tmp_path: Path) -> None:
    remedy = rf"name the folder that holds {files} with --data, or add --download$"
    with pytest.raises(ValueError, match=rf"{name} could not be read from {tmp_path} \(there is no {files}\): {remedy}"):
        load_dataset(name).load(tmp_path, False)
    words = rf"from {tmp_path}/no \(no such folder; it must hold {files}\): name its folder with --data, or add --download$"
    with pytest.raises(ValueError, match=words):
        load_dataset(name).load(tmp_path / "no", False)
    (tmp_path / files).mkdir(parents=True)
    with pytest.raises(ValueError, match=rf"\({files} is incomplete or damaged\): {remedy}") as refused:
        load_dataset(name).load(tmp_path, False)
    assert "download=True" not in str(refused.value)


@pytest.mark.parametrize("error", [KeyError("data"), AssertionError(), struct.error("unpack"), EOFError()])
def test_whatever_a_torn_file_raises_names_the_folder(error: Exception, tmp_path: Path) -> None:
    def tear(*_: object) -> Callable[[], None]:
        raise error

    (tmp_path / "made.bin").touch()
    with pytest.raises(ValueError, match=rf"made could not be read from {tmp_path} \(.+\): name the folder that holds made.bin"):
        torchvision_dataset("made", title="", source="", files="made.bin", open_split=tear).load(tmp_path, False)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((4, 5, 6), (1, 5, 6)), ((4, 5, 6, 3), (3, 5, 6)), ((4, 3, 5, 6), (3, 5, 6))],
    ids=["MNIST", "CIFAR", "SVHN"],
)
@pytest.mark.parametrize("labels", ["targets", "labels"])
def test_torchvisions_layouts_are_brought_to_one(shape: tuple[int, ...], expected: tuple[int, ...], labels: str) -> None:
    data = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    opened = SimpleNamespace(data=data, **{labels: [0, 1, 2, 9]})
    dataset = torchvision_dataset("made", title="", source="", open_split=lambda *_: opened)
    images = dataset.load(None, False)
    assert images.image_shape == expected
    assert images.train.labels_N.tolist() == [0, 1, 2, 9]
    assert len(images.classes) == 10
    assert images.train.images_NCHW[1, -1, 2, 3] == (
        data[1, 2, 3] if data.ndim == 3 else data[1, 2, 3, -1] if shape[-1] == 3 else data[1, -1, 2, 3]
    )


def checksum(path: Path) -> str:
    return md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_mnists_own_files_are_read(name: str, folder: str, tmp_path: Path) -> None:
    raw = tmp_path / folder / "raw"
    raw.mkdir(parents=True)
    pixels_NHW = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
    for split, number in (("train", 7), ("t10k", 3)):
        (raw / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, number, 28, 28) + pixels_NHW[:number].tobytes())
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, number) + bytes(range(number)))
    images = load_dataset(name).load(tmp_path, False)
    assert np.array_equal(images.train.images_NCHW[:, 0], pixels_NHW)
    assert (images.train.labels_N.tolist(), images.test.labels_N.tolist()) == (list(range(7)), [0, 1, 2])
    assert len(images.classes) == 10
    assert images.has_a_left_and_right == (name == "mnist")


@pytest.mark.parametrize(("name", "labels"), [("cifar10", "labels"), ("cifar100", "fine_labels")])
def test_cifars_own_files_are_read(name: str, labels: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = getattr(torchvision.datasets, name.upper())
    folder = tmp_path / reader.base_folder
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (4, 3 * 32 * 32), np.uint8)
    for split in ("train_list", "test_list"):
        for file, _ in getattr(reader, split):
            (folder / file).write_bytes(pickle.dumps({"data": pixels, labels: [3, 1, 0, 2]}))
        monkeypatch.setattr(reader, split, [[file, checksum(folder / file)] for file, _ in getattr(reader, split)])
    meta = folder / reader.meta["filename"]
    meta.write_bytes(pickle.dumps({reader.meta["key"]: ["a", "b", "c", "d"]}))
    monkeypatch.setattr(reader, "meta", reader.meta | {"md5": checksum(meta)})
    images = load_dataset(name).load(tmp_path, False)
    assert np.array_equal(images.test.images_NCHW, pixels.reshape(4, 3, 32, 32))
    assert (images.test.labels_N.tolist(), images.classes) == ([3, 1, 0, 2], ("a", "b", "c", "d"))
    (folder / reader.test_list[0][0]).write_bytes(b"torn")
    with pytest.raises(ValueError, match=f"{name} could not be read from"):
        load_dataset(name).load(tmp_path, False)


def test_svhns_own_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = torchvision.datasets.SVHN
    pixels_HWCN = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4), np.uint8)
    splits = {}
    for split, (url, file, _) in reader.split_list.items():
        savemat(tmp_path / file, {"X": pixels_HWCN, "y": np.array([[10], [1], [9], [2]], np.uint8)})
        splits[split] = [url, file, checksum(tmp_path / file)]
    monkeypatch.setattr(reader, "split_list", splits)
    images = load_dataset("svhn").load(tmp_path, False)
    assert np.array_equal(images.train.images_NCHW, pixels_HWCN.transpose(3, 2, 0, 1))
    assert images.has_a_left_and_right
    assert images.train.labels_N.tolist() == [0, 1, 9, 2]  # its files call the digit 0 "10"


def test_every_data_set_has_a_title() -> None:
    own = [
        "cifar10",
        "cifar100",
        "digits",
        "digits-splits",
        "digits28",
        "fashion_mnist",
        "imagefolder",
        "mnist",
        "mnist5k",
        "svhn",
    ]
    assert dataset_names() == own
    assert all(load_dataset(name).title for name in dataset_names())


def test_an_unknown_data_set_is_answered_with_the_choices() -> None:
    with pytest.raises(ValueError, match="unknown data set 'cifar'; did you mean cifar10"):
        load_dataset("cifar")
    with pytest.raises(ValueError, match="unknown data set '_torchvision'"):
        load_dataset("_torchvision")
    with pytest.raises(ValueError, match=r"unknown data set d\u0456gits \('d\\u0456gits'\); did you mean digits"):
        load_dataset("d\u0456gits")  # it looks the same: the first i is Cyrillic


def test_digits28_are_the_digits_enlarged(digits: Images) -> None:
    large = load_dataset("digits28").load(None, False)
    assert large.image_shape == (1, 28, 28)
    for small, enlarged in ((digits.train, large.train), (digits.test, large.test)):
        assert np.array_equal(small.labels_N, enlarged.labels_N)
        again = np.stack(
            [np.asarray(Image.fromarray(image[0]).resize((8, 8), Image.Resampling.BOX)) for image in enlarged.images_NCHW]
        )
        alike = np.corrcoef(again.ravel(), small.images_NCHW.ravel())[0, 1]
        others = np.corrcoef(again.ravel(), small.images_NCHW[::-1].ravel())[0, 1]
        assert alike > 0.95 > 0.7 > others  # shrunk again they are the same scans, in the same order
    assert large.identity().checksum != digits.identity().checksum
    with pytest.raises(ValueError, match="is not used by digits28"):
        load_dataset("digits28").load(Path(), False)
