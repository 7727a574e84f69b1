"""A survey's session -> what its report says: a row for each network, verdicts, conditions. Nothing is drawn here.

The counterpart of `study_page` for what is timed and never trained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pandas as pd

from analysis.figures import SurveyData
from analysis.inference.effects import Evidence, lower_bounds, ratio_effects, resolution_for
from analysis.inference.verdicts import Verdict, judge
from analysis.pages.drawn_names import Key, names_of
from analysis.pages.network_rows import is_of, main_timings, networks_frame, networks_in, networks_table
from analysis.pages.page import Table
from analysis.pages.provenance import (
    counting_warnings,
    machine_words,
    software_words,
    threads_of,
    timing_conditions,
    timing_warnings,
)
from analysis.tables.published import PublishedEffect
from analysis.tables.timings import equal_costs, peaks_of
from benchmarks.spec.claims import Claim
from benchmarks.spec.cost import Cost
from benchmarks.spec.survey import Survey, survey_behind
from benchmarks.spec.trial import LONGEST_LABEL, short, slug
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.timings import NetworkTiming, TimingResult

COMPARABLE = "torchvision V1"  # one recipe for all of them; a figure under another is shown apart


@dataclass(frozen=True, kw_only=True)
class SurveySummary:
    """All that a report says about a session of a survey; `label` names it, and its folder."""

    frame_file: ClassVar[str] = "networks.csv"
    templates: ClassVar[Mapping[str, str]] = {"summary.md": "survey.md.j2", "index.html": "survey.html.j2"}
    is_own: ClassVar[bool] = True

    name: str
    survey: Survey
    timing: TimingResult
    label: str

    @property
    def question(self) -> str:
        """What the survey asks."""
        return self.survey.question

    @property
    def is_of_suite(self) -> bool:
        """Whether it is a suite's networks that were timed, and not a survey's own."""
        return self.survey.task is not None

    @property
    def batch_size(self) -> int:
        """The batches that claims speak of."""
        return self.timing.plan.workloads[0].batch_size

    @property
    def kicker(self) -> str:
        """Where and how, in a line."""
        machine = self.timing.environment
        batches = f" \N{MIDDLE DOT} batches of {self.batch_size}" if self.timing.plan.is_timed else ""
        return f"suite {self.name}{batches} \N{MIDDLE DOT} {machine.gpu or machine.processor}"

    @property
    def how(self) -> str:
        """What was done with how many networks."""
        steps = {"train": "in training", "infer": "at inference"}
        timed = " and ".join(steps[step] for step in self.survey.steps)
        number = len(self.networks["model"].unique()) if len(self.networks) else 0
        return f"{counted(number, 'network')}, counted" + (f" and timed {timed} on this machine" if timed else "")

    @property
    def folder(self) -> str:
        """Where its report stands under OUT."""
        return f"{self.name}/{self.label}"

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that the survey names."""
        return self.survey.figures

    @property
    def published_effects(self) -> dict[str, PublishedEffect | None]:
        """None: papers time on other machines."""
        return {claim.id: None for claim in self.survey.claims}

    @property
    def conditions(self) -> str:
        """Under what the networks were timed."""
        return timing_conditions(self.timing, "of the network's own size") if self.timing.plan.is_timed else ""

    @property
    def machine(self) -> str:
        """The machine that they were timed on."""
        return machine_words(self.timing.environment, threads_of(self.timing.environment))

    @property
    def software(self) -> str:
        """The software that they were timed with."""
        return software_words(self.timing.environment)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before the verdicts."""
        missing = [label for label in self.survey.networks if label not in self.timed]
        partial = [f"Partial: left out: {', '.join(missing)}."] if missing else []
        dirty = ["It ran from a working tree with uncommitted changes."] if self.timing.environment.is_dirty else []
        return (*partial, *dirty, *counting_warnings(self.costs), *timing_warnings(self.timing))

    @cached_property
    def timed(self) -> dict[str, NetworkTiming]:
        """What was timed of each network as it stands, in the batches that claims speak of."""
        return main_timings(self.survey, self.timing)

    @cached_property
    def costs(self) -> dict[str, Cost]:
        """What each network was counted to cost."""
        return {label: one.cost for label, one in self.timed.items() if one.cost}

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each claim."""
        return tuple(judge(self.survey.claims, {claim.id: _evidence(claim, self) for claim in self.survey.claims}))

    @cached_property
    def networks(self) -> pd.DataFrame:
        """One row for each workload that could run; timm's columns, quartiles, memory, and what was achieved of what the machine can do."""
        return networks_frame(self.survey, self.timing)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that are written beside the page."""
        return self.networks

    @property
    def table(self) -> Table:
        """What a run prints of its networks."""
        return networks_table(self.networks)

    @property
    def main(self) -> pd.DataFrame:
        """The rows that claims speak of: one a network, as it stands, in batches of one size."""
        networks = self.networks
        return (
            networks[(networks["batch_size"] == self.batch_size) & (networks["mode"] == "eager")] if len(networks) else networks
        )

    def figure_data(self, out: Out) -> tuple[SurveyData, Key]:
        """What the figures are drawn from, and their legend."""
        machine = self.timing.environment.gpu or self.timing.environment.processor
        networks, place = names_of(list(self.survey.networks), "network "), names_of([machine], "machine ")
        return SurveyData(
            networks=networks.in_frame(self.main),
            every=networks.in_frame(self.networks),
            label=place.shown[machine],
            comparable_recipe=COMPARABLE,
            peaks=peaks_of(self.timing),
            equal_costs=networks.in_frame(equal_costs(self.survey.budgets, self.costs, self.timed)),
        ), (*place.key, *networks.key)

    def values(self, out: Out) -> dict[str, object]:
        """The recipe under which published accuracies compare."""
        return {"comparable_recipe": COMPARABLE}


def sessions_of(name: str, sessions: Sequence[TimingResult]) -> list[SurveySummary]:
    """The sessions of a survey, or of a suite that was not trained, that a store holds; each is a report."""
    found = [(survey_behind(session.plan), session) for session in sessions if session.plan.survey == name]
    found = [(survey, session) for survey, session in found if is_of(survey, session)]
    labels = [_label(survey, session) for survey, session in found]
    return [
        SurveySummary(
            name=name,
            survey=survey,
            timing=session,
            label=label if labels.count(label) == 1 else f"{label}-{number}",
        )
        for number, (label, (survey, session)) in enumerate(zip(labels, found, strict=True), start=1)
    ]


def _label(survey: Survey, session: TimingResult) -> str:
    """Machine, batch and precision, and how many of the networks where they are not all."""
    machine, number = session.environment, len(networks_in(session))
    how = f"b{session.plan.workloads[0].batch_size}-{session.plan.precision}" if session.plan.is_timed else "counted"
    some = "" if number == len(survey.networks) else f"-{number}-networks"
    return short(slug(f"{machine.gpu or machine.processor}-{how}{some}"), LONGEST_LABEL)


def _evidence(claim: Claim, summary: SurveySummary) -> Evidence:
    timed = summary.timed
    arms = [arm for arm in claim.test.contrast if arm in timed]
    failed = [f"{arm} ({timed[arm].detail})" for arm in arms if timed[arm].detail] + lower_bounds(claim, summary.costs)
    effects = {} if failed else ratio_effects(claim, {arm: _values(timed[arm], claim) for arm in arms})
    return Evidence(effects=effects, failed=failed, resolution=resolution_for(claim, summary.timing))


def _values(network: NetworkTiming, claim: Claim) -> tuple[float, ...]:
    if claim.measure.over == "rounds":
        seconds: tuple[float, ...] = getattr(network, claim.metric)
        return seconds
    return (float(getattr(network.cost, claim.metric)),) if network.cost else ()
