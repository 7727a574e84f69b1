"""Warnings to read before the verdicts of a study."""

from collections.abc import Iterable
from dataclasses import replace

from analysis.inference.control_wording import WITHHELD, failures_in_words
from analysis.inference.controls import controls_of
from analysis.pages.provenance import counting_warnings, timing_warnings
from analysis.tables import frames
from analysis.tables.dates import time_of
from analysis.tables.plans import departures
from analysis.tables.probes import not_finite, unprobed
from analysis.tables.studies import Study
from analysis.tables.versions import is_version
from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.doubts import doubts
from benchmarks.spec.ledger import declared_at
from benchmarks.spec.suite import Suite
from benchmarks.spec.words import counted, sentence
from benchmarks.store.trials import HAS_RESULT
from resnet_variants.names import some_of

SHOWN = 6  # items that a warning names of a longer list


def warnings_of(study: Study, unreadable: Iterable[str]) -> Iterable[str]:
    """Yield the warnings of a study, such as missing, failed, diverged and unreadable trials, or uncommitted source."""
    yield from doubts(facts_of(study), study.recipe)
    yield from map(sentence, departures(study))
    trials, missing = study.trials, frames.missing_trials(study)
    if missing:
        named = some_of([f"{arm} with seed {seed}" for arm, seed in missing], SHOWN)
        yield f"Partial: {len(trials)} of {len(trials) + len(missing)} trials; missing: {named}."
    others = [label for label, arm in study.suite.arms.items() if is_version(label, arm)]
    if others:
        yield f"Trained from source that differs from the present one: {', '.join(others)}."
    for row in trials.itertuples():
        if row.status not in HAS_RESULT:
            yield sentence(f"Not measured: {row.arm} with seed {row.seed} ({row.status}): {row.detail}")
        elif row.status == "diverged":
            yield f"{sentence(f'Diverged: {row.arm} with seed {row.seed}: {row.detail}')} It counts as a run that fails."
    yield from (f"Control failed: {words} {WITHHELD}" for words in failures_in_words(controls_of(study)))
    yield from counting_warnings(study.costs_by_arm)
    undated = [result.trial.name for result in study.results if time_of(result) is None]
    if undated and any(declared_at(study.name, claim) for claim in study.suite.claims):
        yield f"No date is known of {counted(len(undated), 'record')}: claims that were declared after them are not marked as exploratory."
    for line in unreadable:
        yield sentence(f"Unreadable, and left out: {line}")
    if trials["is_dirty"].fillna(False).any():
        yield "Some trials ran from a working tree with uncommitted changes."
    lacking = unprobed(study)
    if lacking:
        yield f"Not probed: {some_of(lacking, SHOWN)}."
    unbounded = not_finite(study)
    if unbounded:
        yield f"Not finite, and left out of figures: values of {some_of(unbounded, SHOWN)}."
    yield from timing_warnings(study.timings)
    if trials["device"].nunique() > 1 or trials["processor"].nunique() > 1:
        yield "The trials ran on different machines: their times are not comparable."


def facts_of(study: Study) -> DataFacts:
    """Merge the facts about the images from all records, since older records may lack some."""
    records = [result.data for result in study.results]
    return replace(
        records[0],
        has_a_left_and_right=any(facts.has_a_left_and_right for facts in records),
        preparation=max((facts.preparation for facts in records), key=len),
        notes=tuple(dict.fromkeys(note for facts in records for note in facts.notes)),
    )


def differences_of(suite: Suite) -> str:
    """Describe in what the arms of a suite differ, to follow "differ in"."""
    arms = suite.arms.values()
    parts = " and in the share of the training images" if any(arm.train_fraction < 1 for arm in arms) else ""
    settings = " and in the settings of the recipe that their names show" if any(arm.settings for arm in arms) else ""
    return f"architecture{parts}{settings}" if parts or settings else "architecture only"
