"""Predictions before a run: a form to fill in, files as people save them, fixed before the first verdict and never changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.predict import FormWrittenError, claims_to_predict, fix, predictions_of
from benchmarks.cli.prediction_files import read_predictions
from benchmarks.cli.request import resolve
from benchmarks.merge import merge
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out
from benchmarks.store.predictions import Prediction
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
HEAD = "claim,supported,contradicted,inconclusive\n"
CLAIMS = load_suite("depth").claims


def study(request: Request) -> StudyPlan:
    _, (found,) = resolve(request)
    assert isinstance(found, StudyPlan)
    return found


def predict(folder: Path, *names: str, **changes: object) -> tuple[Prediction, ...]:
    """What --predict takes from these files, in the folder of a run."""
    files = tuple(folder / name for name in names)
    request = replace(Request(suite="depth", seeds="3", device="cpu", out=folder / "out", predict=files), **changes)
    return predictions_of(request, [study(request)], Out(folder / "out"))


def test_a_file_that_does_not_exist_is_written_as_a_form_and_a_filled_form_is_read(tmp_path: Path) -> None:
    request = Request(suite="depth", seeds="3", device="cpu", out=tmp_path / "out")
    claims = claims_to_predict(study(request))
    assert {claim.id for claim in claims} == {claim.id for claim in CLAIMS if "digits" not in claim.too_easy_on}
    with pytest.raises(
        FormWrittenError, match=r"with 6 claims to predict. Fill in how likely each is supported, contradicted, inconc"
    ):
        predict(tmp_path, "ana.csv", "bo.json")
    text = (tmp_path / "ana.csv").read_text()
    assert text.splitlines()[0] == "claim,statement,supported,contradicted,inconclusive" and claims[0].statement in text
    with pytest.raises(ValueError, match=r"ana\.csv predicts nothing: give odds for at least one claim"):
        predict(tmp_path, "ana.csv")
    form = json.loads((tmp_path / "bo.json").read_text())
    assert [*form] == [claim.id for claim in claims]
    form["plain-degrades"] |= {"supported": 3, "inconclusive": 1}
    (tmp_path / "bo.json").write_text(json.dumps(form))
    (made,) = predict(tmp_path, "bo.json")
    assert (made.by, made.num_done, made.claims) == ("bo", 0, {"plain-degrades": (0.75, 0.0, 0.25)})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "plain-degrades,60,30,10\n", (0.6, 0.3, 0.1)),
        ("\ufeff" + HEAD.replace(",", ";").upper() + "plain-degrades;0,6;0,3;0,1\r\n", (0.6, 0.3, 0.1)),
        (HEAD + "plain-degrades, 50%, ,50 %\n", (0.5, 0.0, 0.5)),
        (HEAD + "plain-degrades,2,1,1\ngap-grows-with-depth,,,\n", (0.5, 0.25, 0.25)),
    ],
)
def test_odds_are_read_as_spreadsheets_save_them(text: str, expected: tuple[float, ...], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert read_predictions(tmp_path / "a.csv", CLAIMS) == {"plain-degrades": pytest.approx(expected)}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", HEAD + "plain-degrade,1,1,1\n", "unknown claim 'plain-degrade'; did you mean plain-degrades"),
        ("a.csv", HEAD + "plain-degrades,1,-1,1\n", "plain-degrades: odds must be numbers of at least 0, got contradicted -1.0"),
        ("a.csv", HEAD + "plain-degrades,0,0,0\n", "plain-degrades: at least one outcome needs odds above 0"),
        ("a.csv", HEAD + "plain-degrades,nan,1,0\n", "plain-degrades: odds must be numbers of at least 0, got supported nan"),
        ("a.csv", HEAD + "plain-degrades,likely,,\n", "plain-degrades: supported must be a number, got 'likely'"),
        ("a.csv", HEAD + "plain-degrades,1,1,1\nplain-degrades,1,1,1\n", "plain-degrades has two lines: keep one"),
        ("a.csv", "claim,supported\n", "its first line lacks contradicted, inconclusive"),
        ("a.csv", "", "its first line lacks claim, supported, contradicted, inconclusive"),
        ("a.json", "[1]", "it must map claims to odds"),
        ("a.json", "{", "line 1 is not JSON"),
        (
            "a.json",
            '{"plain-degrades": {"true": 1}}',
            "plain-degrades: unknown outcome 'true': have supported, contradicted, inc",
        ),
    ],
)
def test_wrong_files_are_refused_with_their_name_the_claim_and_the_rule(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError) as error:
        read_predictions(tmp_path / name, CLAIMS)
    assert str(error.value).startswith(f"--predict {tmp_path / name}: ") and words in str(error.value)


def test_predictions_are_fixed_before_the_run_and_refused_once_there_are_verdicts(make_result: Make, tmp_path: Path) -> None:
    for name in ("ana", "bo"):
        (tmp_path / f"{name}.csv").write_text(HEAD + "plain-degrades,3,1,1\n")
    out, planned = Out(tmp_path / "out"), study(Request(suite="depth", seeds="3", device="cpu", out=tmp_path / "out"))
    made = predict(tmp_path, "ana.csv")
    assert fix(made, planned, out).startswith("depth: predictions of 1 claim are fixed (ana): ")
    folder = out.plans.write(planned.declared).parent
    assert out.predictions.find(folder) is not None and (folder / "predictions.json").is_file()
    for trial in planned.trials:
        out.trials.write(replace(make_result("plain8", 0), trial=trial, data=planned.images.facts))
    assert predict(tmp_path, "ana.csv") == made  # the same command continues
    with pytest.raises(ValueError, match=r"depth has \d+ verdicts in .* already, and predictions are made before"):
        predict(tmp_path, "ana.csv", "bo.csv")
    (tmp_path / "ana.csv").write_text(HEAD + "plain-degrades,9,1,1\n")
    with pytest.raises(ValueError, match=f"ana predicted otherwise of depth on {made[0].made_at[:10]}"):
        predict(tmp_path, "ana.csv")


def test_predictions_need_one_study_that_trains_and_one_file_a_person(tmp_path: Path) -> None:
    request = Request(suite="depth", device="cpu", predict=(tmp_path / "a.csv",), out=tmp_path)
    with pytest.raises(ValueError, match="--predict needs one suite that trains, got depth, depth"):
        predictions_of(request, [study(request)] * 2, Out(tmp_path))
    with pytest.raises(ValueError, match="are of one name, 'a': name one file a person"):
        predict(tmp_path, "a.csv", "b/a.csv")
    for changes, words in (
        ({"is_dry_run": True}, "--predict cannot be combined with --dry-run"),
        ({"shard": "1/2"}, "--predict cannot be combined with --shard"),
        ({"measure": ("cost",)}, "--predict needs a run that trains"),
    ):
        with pytest.raises(ValueError, match=words):
            replace(request, **changes)


def test_predictions_of_several_folders_come_together(tmp_path: Path) -> None:
    planned = study(Request(suite="depth", seeds="3", device="cpu", out=tmp_path / "a"))
    for folder, name, share in (("a", "ana", 1.0), ("b", "bo", 0.5), ("c", "ana", 0.0)):
        odds = {"plain-degrades": (share, 1 - share, 0.0)}
        out = Out(tmp_path / folder)
        out.prepare()
        fix([Prediction(by=name, made_at="2026-01-01T00:00:00+00:00", num_done=0, claims=odds)], planned, out)
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    (found,) = Out(tmp_path / "all").read().predictions.values()
    assert [one.by for one in found.made] == ["ana", "bo"]
    with pytest.raises(ValueError, match="ana predicted otherwise elsewhere"):
        merge([tmp_path / "a", tmp_path / "c"], tmp_path / "other")
