"""`python -m benchmarks.reference`: every suite and survey is in the reference, and its plan says what is missing and what cannot be run."""

from pathlib import Path

import pytest

from benchmarks.cli.flags import ExecutionOptions
from benchmarks.cli.reference_studies import ReferenceStudy, reference_studies
from benchmarks.reference import main
from benchmarks.spec.suite import suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.store.out import Out
from resnet_variants.command import start

Say = pytest.CaptureFixture[str]


def reference(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command with these arguments."""
    monkeypatch.setattr("sys.argv", ["benchmarks.reference", *arguments])
    with pytest.raises(SystemExit) as ended:
        start(main)
    return int(ended.value.code or 0)


def test_every_suite_and_survey_is_in_the_reference_once_on_its_own_images() -> None:
    studies = list(reference_studies())
    own = [study.suite for study in studies if study.folder is None]
    assert sorted(own) == sorted([*suite_names(), *survey_names()])
    assert len({study.name for study in studies}) == len(studies)


@pytest.mark.parametrize(
    ("study", "device", "answer"),
    [
        (ReferenceStudy(suite="depth", folder="cifar10-jpeg"), "cuda", "needs the folder cifar10-jpeg"),
        (ReferenceStudy(suite="depth", folder="there", needs_gpu=True), "cpu", "needs a GPU"),
        (ReferenceStudy(suite="depth", folder="there", needs_gpu=True), "cuda", ""),
        (ReferenceStudy(suite="depth"), "cpu", ""),
    ],
)
def test_a_study_that_cannot_be_run_says_why(study: ReferenceStudy, device: str, answer: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    found = study.hindrance(tmp_path, device)
    assert found.startswith(answer) and bool(found) == bool(answer)


@pytest.mark.slow
def test_a_plan_counts_what_is_missing_and_trains_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Say) -> None:
    code = reference("--plan", "--only", "depth on *", "--out", str(tmp_path / "out"), "--device", "cpu", monkeypatch=monkeypatch)
    printed = " ".join(capsys.readouterr().out.split())
    assert code == 0 and not (tmp_path / "out").exists()
    assert "depth on digits-splits 110 0 0" in printed and "110 trials missing" in printed
    assert (
        "needs the folder cifar10-jpeg: name the folder that holds it with --data: depth on cifar10-jpeg, recipe short" in printed
    )


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [(("--only", "deep*"), "unknown study 'deep*'"), (("--data", "nowhere"), "--data nowhere is not a folder")],
)
def test_a_wrong_request_is_refused(
    arguments: tuple[str, ...], answer: str, monkeypatch: pytest.MonkeyPatch, capsys: Say
) -> None:
    assert reference(*arguments, monkeypatch=monkeypatch) == 2
    assert answer in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_makes_the_records_and_reports_of_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    studies = (
        ReferenceStudy(suite="depth", seeds="3", arms=("plain8",)),
        ReferenceStudy(suite="depth", folder="x"),
    )
    monkeypatch.setattr("benchmarks.reference.reference_studies", lambda: studies)
    only = ("--out", str(out), "--device", "cpu")
    assert reference(*only, monkeypatch=monkeypatch) == 0
    assert (out / "depth" / "digits-splits-quick" / "index.html").is_file()
    assert len(Out(out).read().results) == 9  # at three rates
    before = sorted(path.stat().st_mtime_ns for path in (out / "trials").glob("*.json"))
    assert reference(*only, monkeypatch=monkeypatch) == 0
    assert sorted(path.stat().st_mtime_ns for path in (out / "trials").glob("*.json")) == before


def test_the_later_looks_are_taken_where_there_are_some() -> None:
    requests = {study.name: study.request(Path("out"), None, ExecutionOptions(), "cpu") for study in reference_studies()}
    assert requests["depth on digits-splits"].until == "decided" and requests["constructions on digits-splits"].until is None
    assert requests["depth on cifar10-jpeg, recipe short"].dataset == "imagefolder"
