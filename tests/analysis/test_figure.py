"""One figure of a study: the report's bytes, in a notebook and from the command line, as a panel, a slide, or on dark ground."""

import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from analysis import load
from analysis.figure import main
from analysis.figures._palette import DARK_GROUND
from benchmarks.store.trials import TrialResult
from resnet_variants.command import app_of

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "results.ipynb"
PLANE = "{http://www.w3.org/2000/svg}"


def drawn(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app_of(main), [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(whole: Path) -> Path:
    """The folder of a whole study of `depth`."""
    return whole.parents[2]


def test_a_figure_has_the_bytes_of_the_report_and_shows_itself(whole: Path, folder: Path, tmp_path: Path) -> None:
    figure = load(folder)["depth"].figure("error_by_depth")
    assert figure.inline in whole.read_text()  # byte for byte
    assert figure.save(tmp_path / "a.png").read_bytes() == whole.with_name("error_by_depth.png").read_bytes()
    shown = figure._repr_html_()
    assert figure.inline in shown and "--c-red:" in shown and "<figcaption>" in shown
    with pytest.raises(ValueError, match=r"a.gif must end in .svg or .png"):
        figure.save(tmp_path / "a.gif")


def test_the_reports_png_has_few_colours_and_looks_like_the_one_with_all(whole: Path, folder: Path, tmp_path: Path) -> None:
    assert drawn(folder, "--suite", "depth", "--figure", "error_by_depth", "-o", tmp_path / "all.png")[0] == 0
    few, every = whole.with_name("error_by_depth.png"), tmp_path / "all.png"
    with Image.open(few) as image:
        assert image.mode == "P"
        few_HWC = np.asarray(image.convert("RGB"), dtype=float)
    with Image.open(every) as image:
        every_HWC = np.asarray(image.convert("RGB"), dtype=float)
    assert few_HWC.shape == every_HWC.shape and np.abs(few_HWC - every_HWC).mean() < 1.5
    assert np.abs(few_HWC - every_HWC).max() < 64 and few.stat().st_size < every.stat().st_size / 2


def test_a_figure_that_the_records_cannot_fill_names_those_that_they_can(folder: Path) -> None:
    study = load(folder)["depth"]
    assert list(study.figures())[:2] == ["error_by_depth", "training_curves"] and "error_by_arm" in study.figures()
    with pytest.raises(ValueError, match="cannot fill function_map; available: error_by_depth, training_curves, "):
        study.figure("function_map")
    with pytest.raises(ValueError, match="unknown figure 'errors'; available: error_by_depth"):
        study.figure("errors")


def test_an_svg_opens_alone_with_its_fonts_and_colours(folder: Path) -> None:
    svg = load(folder)["depth"].figure("error_by_depth").svg
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{PLANE}svg" and "sans-serif" in root.attrib["font-family"] and root.get("role") == "img"
    texts = {"".join(text.itertext()) for text in root.iter(f"{PLANE}text")}
    assert {"plain", "residual", "layers"} <= texts
    assert b"var(" not in svg and root.findtext(f"{PLANE}title") == "Error against depth"
    assert re.search(r"\d", root.findtext(f"{PLANE}desc") or "")


@pytest.mark.slow
def test_a_slide_is_wide_with_large_type_and_the_message_as_title(folder: Path, tmp_path: Path) -> None:
    words = (folder, "--suite", "depth", "--figure", "error_by_depth", "--slide", "--title", "Depth hurts, and shortcuts help")
    assert drawn(*words, "-o", tmp_path / "new" / "a.svg") == (0, f"{tmp_path / 'new' / 'a.svg'}\n", "")
    root = ElementTree.fromstring((tmp_path / "new" / "a.svg").read_bytes())
    width, height = (float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    assert width == pytest.approx(13.33 * 72, abs=0.5) and width / height == pytest.approx(16 / 9, abs=0.001)
    times = width / float(root.attrib["viewBox"].split()[2])
    sizes = [times * float(text.get("font-size", root.attrib["font-size"])) for text in root.iter(f"{PLANE}text") if text.text]
    assert len(sizes) > 10 and min(sizes) >= 18
    assert root.findtext(f"{PLANE}title") == "Depth hurts, and shortcuts help"
    assert "Depth hurts, and shortcuts help" in {text.text for text in root.iter(f"{PLANE}text")}
    assert drawn(*words, "-o", tmp_path / "a.pdf")[0] == 0
    assert b"/MediaBox [ 0 0 960 540 ]" in (tmp_path / "a.pdf").read_bytes()


@pytest.mark.slow
def test_a_panel_is_smaller_and_its_ground_is_dark_or_none(folder: Path, tmp_path: Path) -> None:
    words = (folder, "--suite", "depth", "--figure", "error_by_depth", "--panel", 2)
    assert (
        drawn(*words, "--dark", "-o", tmp_path / "dark.svg")[0]
        == drawn(*words, "--transparent", "-o", tmp_path / "a.png")[0]
        == 0
    )
    text = (tmp_path / "dark.svg").read_text()
    assert f'fill="{DARK_GROUND}"' in text and "#c2334d" not in text and "#ff7d90" in text and "Training error" not in text
    picture = (tmp_path / "a.png").read_bytes()
    (columns,) = struct.unpack(">I", picture[16:20])
    assert columns < 160 * 4 and picture[25] == 6  # with an alpha channel


@pytest.mark.slow
def test_errors_are_on_a_linear_axis_where_it_is_wanted(folder: Path, tmp_path: Path) -> None:
    words = (folder, "--suite", "depth", "--figure", "error_by_depth", "--panel", 2)
    ticks = []
    for name, more in (("a.svg", ()), ("linear.svg", ("--linear",))):
        assert drawn(*words, *more, "-o", tmp_path / name)[0] == 0
        found = ElementTree.fromstring((tmp_path / name).read_bytes()).iter(f"{PLANE}text")
        ticks.append([text.text for text in found if re.fullmatch(r"\d+%", text.text or "")])
    assert ticks == [["0%", "1%", "2%", "5%", "10%", "20%", "50%"], ["0%", "20%", "40%", "60%"]]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--figure", "error_by_depth", "-o", "a.gif"), "-o a.gif must end in .svg, .png or .pdf"),
        (("--figure", "error_by_depth"), "-o names no file, such as -o error_by_depth.svg"),
        (("-o", "a.svg"), "--figure names none; depth/tiny-"),
        (("--figure", "errors", "-o", "a.svg"), "unknown figure 'errors'; available: error_by_depth, "),
        pytest.param(
            ("--figure", "error_by_depth", "-o", "a.svg", "--panel", "9"),
            "no panel 9; choose from 1 (Training error, tiny), 2 (Test error, ",
            marks=pytest.mark.slow,
        ),
        (("--figure", "error_by_depth", "-o", "a.svg", "--title", "x"), "--title is the title of a slide: add --slide"),
        (
            ("--figure", "error_by_depth", "-o", "a.svg", "--dataset", "mnist"),
            "no study of depth with dataset 'mnist'; available: ",
        ),
        (("--suite", "width", "--list"), "holds no study of suite width; it holds depth"),
    ],
)
def test_a_mistake_is_named_with_the_choices(
    words: tuple[str, ...], reason: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    suite = () if "--suite" in words else ("--suite", "depth")
    code, printed, errors = drawn(folder, *suite, *words)
    assert (code, printed) == (2, "") and errors.startswith("error: ") and reason in errors
    assert not list(tmp_path.iterdir())


def test_the_figures_that_the_records_can_fill_are_listed(folder: Path) -> None:
    code, printed, _ = drawn(folder, "--suite", "depth", "--list")
    assert code == 0 and printed.splitlines()[0].split(maxsplit=1) == ["error_by_depth", "Error against depth"]
    assert "function_map" not in printed and "roofline" not in printed and "signal" not in printed


def test_a_study_shows_the_answer_and_the_claims_of_its_page_in_a_cell_of_its_own(whole: Path, folder: Path) -> None:
    study = load(folder)["depth"]
    cell, page = study._repr_html_(), whole.read_text()
    (answer,) = re.findall('<p class="answer"[^>]*>.*</p>', cell)
    assert study.question in cell and answer.replace('">', '" id="answer">') in page
    forest = cell[cell.index("<section") : cell.index("</section>")].replace(f"{study.folder.replace('/', '-')}-", "")
    assert forest in page and forest.count("<details") == len(study.verdicts()) > 5
    assert not re.search(r"<(img|link|script)|https?://(?!arxiv)|^(body|:root|html)", cell)  # nothing is requested
    style = cell[: cell.index("</style>")]
    assert style.startswith("<style>\n.residual-study {") and style.count("{") == style.count("}") and ":root" not in style


@pytest.mark.slow
def test_in_a_fresh_interpreter_the_notebook_opens_and_draws_the_reports_figure_without_torch(whole: Path, folder: Path) -> None:
    (opening, *_) = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"]
    lines = "".join(opening["source"]).replace("../results/reference", str(folder))
    assert len(lines.splitlines()) == 6 and str(folder) in lines
    program = (
        f"import sys\n{lines}\n"
        "assert len(trials) > 0 and len(verdicts) > 0 and '<details' in depth._repr_html_()\n"
        f"assert depth.figure('error_by_depth').inline in open({str(whole)!r}).read()\n"
        "assert 'torch' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
