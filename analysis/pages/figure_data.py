"""What a study's or a session's figures are drawn from, users' names in the form in which they can be drawn, and the legend of those that cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.figures import FigureData, SurveyData
from analysis.pages.study_page import Summary, arms_frame
from analysis.pages.survey_page import COMPARABLE, SurveySummary
from analysis.tables.frames import confusions, history_frame
from analysis.tables.probes import function_map, probe_arrays, probe_frame
from analysis.tables.timings import peaks_of
from benchmarks.store.drawable import key_of_names, shown_names
from benchmarks.store.labels import read_labels

LONGEST_CLASS, LONGEST_NAME = 24, 60  # characters for which there is room
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names as they are drawn, by name, and the legend: what stands for a name that cannot be drawn, and the name."""

    shown: Mapping[str, str]
    key: Key

    def in_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with its names as they are drawn."""
        columns = [column for column in ("arm", "reference", "model") if column in frame]
        return frame.assign(**{column: frame[column].map(self.shown) for column in columns}) if len(frame) else frame


def names_of(names: list[str], sign: str, longest: int = LONGEST_NAME) -> Names:
    """These names as they are drawn, a dollar sign as such and not as the beginning of a formula."""
    shown = shown_names(names, sign, lambda text: len(text) <= longest)
    drawn = {name: text.replace("$", r"\$") for name, text in zip(names, shown, strict=True)}
    return Names(shown=drawn, key=key_of_names(names, shown))


def figure_data(out: Path, summary: Summary) -> tuple[FigureData, Key]:
    """What the figures of a study are drawn from, and their legend."""
    study, probes = summary.study, [use.probe for use in summary.study.suite.probes]
    labels = read_labels(out, study.dataset) or ()
    arms = names_of(list(study.suite.arms), "arm ")
    classes, images = names_of(list(summary.facts.classes), "#", LONGEST_CLASS), names_of([study.dataset.name], "data set ")
    arrays = {
        probe: [replace(one, arm=arms.shown[one.arm]) for one in probe_arrays(study, probe)]
        for probe in {*probes, "probabilities"}
    }
    return FigureData(
        trials=arms.in_frame(summary.trials[summary.trials["test_error_pct"].notna()]),
        history=arms.in_frame(history_frame(study)),
        arms=arms.in_frame(arms_frame(summary)),
        published=tuple(replace(row, arm=arms.shown.get(row.arm, row.arm)) for row in summary.published),
        label=images.shown[study.dataset.name],
        chance_error_pct=summary.chance_error_pct,
        confusions={arms.shown[arm]: counts for arm, counts in confusions(study, labels).items()},
        classes=tuple(classes.shown[name] for name in summary.facts.classes),
        probes={probe: arms.in_frame(probe_frame(study, probe)) for probe in probes},
        arrays=arrays,
        labels=labels,
        function_map=function_map(arrays["probabilities"], labels),
        equal_costs=arms.in_frame(summary.equal_costs),
    ), (*images.key, *arms.key, *classes.key)


def survey_data(summary: SurveySummary) -> tuple[SurveyData, Key]:
    """What the figures of a session are drawn from, and their legend."""
    machine = summary.timing.environment.gpu or summary.timing.environment.processor
    networks, place = names_of(list(summary.survey.networks), "network "), names_of([machine], "machine ")
    return SurveyData(
        networks=networks.in_frame(summary.main),
        every=networks.in_frame(summary.networks),
        label=place.shown[machine],
        comparable_recipe=COMPARABLE,
        peaks=peaks_of(summary.timing),
        equal_costs=networks.in_frame(summary.equal_costs),
    ), (*place.key, *networks.key)
