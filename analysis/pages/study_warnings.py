"""What a reader must know before the verdicts of a study."""

from collections.abc import Iterable
from dataclasses import replace

from analysis.pages.provenance import counting_warnings, timing_warnings
from analysis.tables import frames
from analysis.tables.probes import not_finite, unprobed
from analysis.tables.studies import Study
from analysis.tables.versions import is_version
from benchmarks.spec.doubts import doubts
from benchmarks.spec.images import DataFacts
from benchmarks.spec.words import sentence
from benchmarks.store.trials import HAS_RESULT


def warnings_of(study: Study, unreadable: Iterable[str]) -> Iterable[str]:
    """What a reader must know before the verdicts: missing, failed, diverged and unreadable trials, unknown source."""
    yield from doubts(facts_of(study), study.recipe)
    trials, missing = study.trials, frames.missing_trials(study)
    if missing:
        named = ", ".join(f"{arm} with seed {seed}" for arm, seed in missing[:6])
        more = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
        yield f"Partial: {len(trials)} of {len(trials) + len(missing)} trials are there; missing: {named}{more}."
    others = [label for label, arm in study.suite.arms.items() if is_version(label, arm)]
    if others:
        yield f"Trained from other source than is found here: {', '.join(others)}."
    for row in trials.itertuples():
        if row.status not in HAS_RESULT:
            yield sentence(f"Not measured: {row.arm} with seed {row.seed} ({row.status}): {row.detail}")
        elif row.status == "diverged":
            yield f"{sentence(f'Diverged: {row.arm} with seed {row.seed}: {row.detail}')} It counts with the errors it had."
    yield from counting_warnings(study.costs_by_arm)
    for line in unreadable:
        yield sentence(f"Unreadable, and left out: {line}")
    if trials["is_dirty"].fillna(False).any():
        yield "Some trials ran from a working tree with uncommitted changes."
    lacking = unprobed(study)
    if lacking:
        yield f"Not probed: {_first_of(lacking)}."
    unbounded = not_finite(study)
    if unbounded:
        yield f"Not finite, and left out of figures: numbers of {_first_of(unbounded)}."
    if study.timing is not None:
        yield from timing_warnings(study.timing)
    if trials["device"].nunique() > 1 or trials["processor"].nunique() > 1:
        yield "The trials ran on different machines: compare no times."


def _first_of(names: list[str]) -> str:
    return f"{', '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}"


def facts_of(study: Study) -> DataFacts:
    """What the records say of the images; some may be older, and say less."""
    said = [result.data for result in study.results]
    return replace(
        said[0],
        has_a_left_and_right=any(facts.has_a_left_and_right for facts in said),
        preparation=max((facts.preparation for facts in said), key=len),
        notes=tuple(dict.fromkeys(note for facts in said for note in facts.notes)),
    )
