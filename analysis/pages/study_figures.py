"""Gather the data of a study's figures under the names that are drawn, and its sheets of misclassified images."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analysis.figures import FigureData
from analysis.figures._looks import looks_of
from analysis.pages.arm_rows import ArmRow, arm_rows, arms_frame
from analysis.pages.drawn_names import LONGEST_CLASS, Key, is_drawable, names_of
from analysis.pages.formats import runs_that_train
from analysis.pages.image_notes import bars_note
from analysis.pages.study_warnings import facts_of
from analysis.tables.arm_words import ArmWords, words_of
from analysis.tables.frames import confusions, history_frame, with_result
from analysis.tables.labels import by_images
from analysis.tables.probes import function_map, probe_arrays, probe_frame
from analysis.tables.published import Published
from analysis.tables.sessions import equal_costs
from analysis.tables.studies import Study
from analysis.tables.trials import METRIC_COLUMNS
from benchmarks.store.mistakes import SHEETS
from benchmarks.store.out import Out


def figure_data(
    study: Study, rows: Sequence[ArmRow], published: Sequence[Published], labels: Mapping[int, tuple[int, ...]]
) -> tuple[FigureData, Key]:
    """Return the data of a study's figures, and the legend of the names that they shorten."""
    probes, names = [use.probe for use in study.suite.probes], facts_of(study).classes
    arms, images = names_of(list(study.suite.arms), "arm "), names_of([study.dataset.name], "data set ")
    words = _words(arms.shown)
    classes = names_of(list(names), "#", LONGEST_CLASS)
    arrays = {
        probe: [replace(network, arm=arms.shown[network.arm]) for network in probe_arrays(study, probe)]
        for probe in {*probes, "probabilities"}
    }
    equal = equal_costs(study.suite.budgets, study.costs_by_arm, study.sessions)
    return FigureData(
        trials=arms.in_frame(study.trials[study.trials["test_error_pct"].notna()]),
        history=arms.in_frame(history_frame(study)),
        arms=arms.in_frame(with_medians(arms_frame(study, rows), study.trials)),
        rates=arms.in_frame(rates_frame(study)),
        words=words,
        looks=looks_of(words, {arms.shown[label]: arm.architecture.depth for label, arm in study.suite.arms.items()}),
        failures={
            arms.shown[row.arm]: f"{row.runs.failed} of {row.runs.n} did not train"
            for row in rows
            if row.runs and row.runs.failed
        },
        trained={arms.shown[row.arm]: runs_that_train(row.runs) for row in rows if row.runs and row.runs.failed},
        published=tuple(replace(row, arm=arms.shown.get(row.arm, row.arm)) for row in published),
        label=images.shown[study.dataset.name],
        chance_error_pct=100 * (1 - 1 / len(names)),
        confusions={arms.shown[arm]: counts for arm, counts in confusions(study, labels).items()},
        classes=tuple(classes.shown[name] for name in names),
        probes={probe: arms.in_frame(probe_frame(study, probe)) for probe in probes},
        arrays=arrays,
        labels=labels,
        function_map=function_map(
            (group, labels.get(group[0].seed, ())) for group in by_images(study, arrays["probabilities"]) if group
        ),
        equal_costs=arms.in_frame(equal),
        interval_note=bars_note(study),
    ), (*images.key, *arms.key, *classes.key)


def _words(shown: Mapping[str, str]) -> dict[str, ArmWords]:
    """Return the words of each arm under its drawn name: of the name itself, even a long one, if all of it can be drawn."""
    names = {label: label if is_drawable(label) else number for label, number in shown.items()}
    words = words_of(names.values())
    return {shown[label]: words[name] for label, name in names.items()}


def with_medians(frame: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of arms with the median over all runs with results, where some but not all of them train; else none."""
    ran = with_result(trials)
    trains = ran["trains"].astype(bool).groupby(ran["arm"]).agg(["any", "all"])
    mixed = ran[ran["arm"].isin(trains.index[trains["any"] & ~trains["all"]])]
    medians = mixed.groupby("arm")[list(METRIC_COLUMNS)].median() if len(mixed) else pd.DataFrame(columns=METRIC_COLUMNS)
    found = [
        medians.at[arm, metric] if arm in medians.index else math.nan
        for arm, metric in zip(frame["arm"], frame["metric"], strict=True)
    ]
    return frame.assign(median=pd.Series(found, index=frame.index, dtype=float))


def rates_frame(study: Study) -> pd.DataFrame:
    """Return the rows of the arms at every learning rate, with the rate and whether some of their runs fail."""
    frames = []
    for rate, at_rate in study.by_rate.items():
        rows = list(arm_rows(at_rate)) if at_rate.results else []
        failing = {row.arm for row in rows if row.runs and row.runs.failed}
        frame = arms_frame(at_rate, rows)
        frames.append(frame.assign(learning_rate=rate, has_failures=frame["arm"].isin(failing)))
    return pd.concat(frames, ignore_index=True)


def sheets_of(study: Study, out: Out) -> dict[str, str]:
    """Return by arm the sheet of misclassified images as a data URL, if the suite has the figure `confusion`."""
    sheets = {}
    for label, arm in study.suite.arms.items() if SHEETS in study.suite.figures else ():
        for result in study.results:
            path = out.sheet(result.trial)
            if study.suite.arm_of(result.trial) == arm and path.exists():
                sheets[label] = f"data:image/png;base64,{b64encode(path.read_bytes()).decode()}"
    return sheets
