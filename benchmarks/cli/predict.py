"""Fix the predictions of --predict before a run: nobody predicts what a study has already shown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cli.execute import count_decided
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.cli.prediction_files import names_of, read_predictions, write_form
from benchmarks.spec.claims import Claim
from benchmarks.spec.predictions import PREDICTED
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.predictions import Prediction, Predictions, conflicts

DIFFERENT = "another folder with --out, or other seeds with --seeds A-B"


class FormWrittenError(ValueError):
    """A form was written, which has to be filled in before the run."""


def predictions_of(request: Request, asked: Sequence[StudyPlan | TimingRun], out: Out) -> tuple[Prediction, ...]:
    """Return the predictions of a request, checked before anything is written but a form; empty without --predict.

    Raises:
        FormWrittenError: a file is new, and was written as a form.
        ValueError: there is not one study, a file is wrong, somebody predicted otherwise before, or the study has verdicts already; says what to do.
    """
    if not request.predict:
        return ()
    study = asked[0] if len(asked) == 1 else None
    if not isinstance(study, StudyPlan):
        raise ValueError(f"--predict needs one suite that trains, got {', '.join(plan.name for plan in asked) or 'none'}")
    claims = claims_to_predict(study)
    if not claims:
        raise ValueError("--predict has nothing to predict: no claim is about only these arms")
    files = names_of(request.predict)
    _write_forms([path for path in files.values() if not path.exists()], claims)
    predictions = {name: read_predictions(path, claims) for name, path in files.items()}
    known = _known(study, out)
    if known and not (predictions.keys() - known.names.keys()):
        made = tuple(known.names[name] for name in predictions)
        _refuse_other(
            study, known, [Prediction(by=name, made_at="", num_done=0, claims=odds) for name, odds in predictions.items()]
        )
        return made
    _refuse_known_verdicts(study, out)
    now, num_done = datetime.now(UTC).isoformat(timespec="seconds"), len(out.with_result(study.trials))
    made = tuple(Prediction(by=name, made_at=now, num_done=num_done, claims=odds) for name, odds in predictions.items())
    _refuse_other(study, known, made)
    return made


def fix(predictions: Sequence[Prediction], study: StudyPlan | TimingRun, out: Out) -> str:
    """Write the predictions next to the study's plan, which is written before them; return a line that says so."""
    assert isinstance(study, StudyPlan)
    folder = out.plans.write(study.declared).parent
    out.predictions.add(folder, predictions)
    names = ", ".join(one.by for one in predictions)
    number = (
        counted(len(predictions[0].claims), "claim") if len(predictions) == 1 else counted(len(predictions), "person", "people")
    )
    return f"{study.name}: predictions of {number} are fixed ({names}): {folder}"


def claims_to_predict(study: StudyPlan) -> list[Claim]:
    """Return the claims that are judged on these images and whose arms run."""
    arms = {study.arm_of(trial) for trial in study.trials}
    suite = study.suite.with_optional(arms)
    judged = [claim for claim in suite.claims if claim.is_judged_on(study.declared.dataset.name, study.images.classes)]
    return [claim for claim in judged if {suite.arms[label] for label in claim.test.contrast} <= arms]


def _write_forms(missing: Sequence[Path], claims: Sequence[Claim]) -> None:
    """Write a form for each file that does not exist, and end the run there."""
    for path in missing:
        write_form(path, claims)
    if missing:
        names = ", ".join(map(str, missing))
        raise FormWrittenError(
            f"{names}: written, with {counted(len(claims), 'claim')} to predict. Fill in how likely each is {', '.join(PREDICTED)} (60, 30 and 10, "
            "say; a line without numbers is not predicted), and run the same command again. Nothing was trained."
        )


def _known(study: StudyPlan, out: Out) -> Predictions | None:
    found = out.plans.find(study.declared)
    return out.predictions.find(found[0].parent) if found else None


def _refuse_other(study: StudyPlan, known: Predictions | None, made: Iterable[Prediction]) -> None:
    changed = conflicts(known, made) if known else []
    if changed and known:
        when = known.names[changed[0]].made_at
        raise ValueError(
            f"{changed[0]} predicted otherwise of {study.name} on {when}, and predictions are not changed: name {DIFFERENT}"
        )


def _refuse_known_verdicts(study: StudyPlan, out: Out) -> None:
    """Refuse predictions of a study whose records already decide a claim."""
    num_decided = count_decided(study, out)
    if num_decided:
        raise ValueError(
            f"{study.name} has {counted(num_decided, 'verdict')} in {out.folder} already, and predictions are made before: name {DIFFERENT}"
        )
