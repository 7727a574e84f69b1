"""Compute the content of a survey's report from its timing sessions: networks, verdicts and conditions. Nothing is drawn here.

This is the counterpart of `study_page` for networks that are timed but not trained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pandas as pd

from analysis.figures import SurveyData
from analysis.inference.effects import evidence_without_seeds
from analysis.inference.standing import placed_in_session
from analysis.inference.totals import Group, RunSet, groups_of
from analysis.inference.verdicts import Verdict, judge
from analysis.pages.answered import Answered
from analysis.pages.drawn_names import Key, names_of
from analysis.pages.network_rows import main_timings, networks_frame, networks_table
from analysis.pages.page import Table
from analysis.pages.provenance import (
    counting_warnings,
    machine_words,
    software_words,
    threads_of,
    timing_conditions,
    timing_warnings,
)
from analysis.tables.counts import blocks_of_paths, compared_counts
from analysis.tables.published import PublishedEffect
from analysis.tables.sessions import Sessions, equal_costs
from analysis.tables.timings import peaks_of
from benchmarks.spec.claims import Claim
from benchmarks.spec.cost import Cost
from benchmarks.spec.survey import Survey
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.timings import NetworkTiming, TimingResult

COMPARABLE = "torchvision V1"  # accuracies under another recipe are marked


@dataclass(frozen=True, kw_only=True)
class SurveySummary(Answered):
    """Content of the report of a survey's timing sessions; `label` is the name of its folder.

    `timings` are sessions of the same workloads on machines of one kind, by time; tables and figures show the last.
    """

    frame_file: ClassVar[str] = "networks.csv"
    templates: ClassVar[Mapping[str, str]] = {"summary.md": "survey.md.j2", "index.html": "survey.html.j2"}
    is_own: ClassVar[bool] = True
    tuned: ClassVar[None] = None
    predictions: ClassVar[None] = None

    name: str
    survey: Survey
    timings: tuple[TimingResult, ...]
    label: str

    @property
    def timing(self) -> TimingResult:
        """Last session."""
        return self.timings[-1]

    @cached_property
    def sessions(self) -> Sessions:
        """Timing sessions over which claims about times are tested."""
        return Sessions(sessions=self.timings, networks_of=lambda session: main_timings(self.survey, session))

    @property
    def question(self) -> str:
        """Question of the survey."""
        return self.survey.question

    @property
    def is_of_suite(self) -> bool:
        """Whether the networks are those of a suite."""
        return self.survey.task is not None

    @property
    def batch_size(self) -> int:
        """Batch size of the claims."""
        return self.timing.plan.workloads[0].batch_size

    @property
    def named_main(self) -> str:
        """Id of the main claim of the suite or survey."""
        return self.survey.main

    @property
    def kicker(self) -> str:
        """Line with the suite, the batch size and the machine."""
        batches = f" \N{MIDDLE DOT} batches of {self.batch_size}" if self.timing.plan.is_timed else ""
        return f"suite {self.name}{batches} \N{MIDDLE DOT} {self.timing.environment.machine}"

    @property
    def how(self) -> str:
        """Number of networks, and the steps that were timed."""
        steps = {"train": "in training", "infer": "at inference"}
        timed = " and ".join(steps[step] for step in self.survey.steps)
        number = len(self.networks["model"].unique()) if len(self.networks) else 0
        return f"{counted(number, 'network')}, counted" + (f" and timed {timed} on this machine" if timed else "")

    @property
    def folder(self) -> str:
        """Folder of the report, relative to OUT."""
        return f"{self.name}/{self.label}"

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the survey's figures."""
        return self.survey.figures

    @property
    def published_effects(self) -> dict[str, PublishedEffect | None]:
        """None for every claim, since papers time on other machines."""
        return {claim.id: None for claim in self.survey.claims}

    @property
    def concerns(self) -> dict[str, tuple[str, ...]]:
        """None for any claim, since nothing is trained."""
        return {claim.id: () for claim in self.survey.claims}

    @property
    def conditions(self) -> str:
        """Conditions of the timing session; empty if the networks were only counted."""
        return timing_conditions(self.timings, "of the network's own size") if self.timing.plan.is_timed else ""

    @property
    def machine(self) -> str:
        """Machine on which the networks were timed."""
        return machine_words(self.timing.environment, threads_of(self.timing.environment))

    @property
    def software(self) -> str:
        """Library versions and commit."""
        return software_words(self.timing.environment)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Warnings to read before the verdicts."""
        missing = [label for label in self.survey.networks if label not in self.timed]
        partial = [f"Partial: left out: {', '.join(missing)}."] if missing else []
        is_dirty = any(session.environment.is_dirty for session in self.timings)
        dirty = ["A session ran from a working tree with uncommitted changes."] if is_dirty else []
        return (*partial, *dirty, *counting_warnings(self.costs), *timing_warnings(self.timings))

    @cached_property
    def timed(self) -> dict[str, NetworkTiming]:
        """Eager timings for the batch size of the claims, by network."""
        return main_timings(self.survey, self.timing)

    @cached_property
    def costs(self) -> dict[str, Cost]:
        """Counted costs, by network."""
        return {label: network.cost for label, network in self.timed.items() if network.cost}

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts, one per claim."""
        return self._judge(self.survey.claims)

    @cached_property
    def retired(self) -> tuple[Verdict, ...]:
        """Verdicts of the retired claims, in none of the totals."""
        return self._judge(self.survey.retired) if self.survey.retired else ()

    def _judge(self, claims: Sequence[Claim]) -> tuple[Verdict, ...]:
        networks = self.survey.networks
        evidence = {claim.id: evidence_without_seeds(claim, networks, self.costs, self.sessions) for claim in claims}
        return tuple(placed_in_session(verdict, self.name, self.timing, self.survey) for verdict in judge(claims, evidence))

    @property
    def run_sets(self) -> frozenset[RunSet]:
        """Empty, because a survey trains nothing."""
        return frozenset()

    @property
    def groups(self) -> list[Group]:
        """Verdicts by kind of claim."""
        return groups_of(self.verdicts, self.run_sets)

    @cached_property
    def networks(self) -> pd.DataFrame:
        """Row per workload that could run: timm's columns, quartiles, memory, and shares of the machine's peak rates."""
        return networks_frame(self.survey, self.timing)

    @property
    def frame(self) -> pd.DataFrame:
        """Rows of the CSV file next to the page."""
        return self.networks

    @property
    def table(self) -> Table:
        """Table of the networks that a run prints."""
        return networks_table(self.networks)

    @property
    def main(self) -> pd.DataFrame:
        """Rows of the eager networks with the batch size of the claims, one per network."""
        networks = self.networks
        return (
            networks[(networks["batch_size"] == self.batch_size) & (networks["mode"] == "eager")] if len(networks) else networks
        )

    def figure_data(self, out: Out) -> tuple[SurveyData, Key]:
        """Return the data of the figures, and their legend."""
        machine = self.timing.environment.machine
        networks, place = names_of(list(self.survey.networks), "network "), names_of([machine], "machine ")
        blocks = blocks_of_paths(self.survey.claims, self.survey.networks)
        return SurveyData(
            networks=networks.in_frame(self.main),
            every=networks.in_frame(self.networks),
            label=place.shown[machine],
            comparable_recipe=COMPARABLE,
            peaks=peaks_of(self.timing),
            equal_costs=networks.in_frame(equal_costs(self.survey.budgets, self.costs, self.sessions)),
            compared_counts=networks.in_frame(compared_counts(self.survey.claims, self.survey.networks, self.costs)),
            paths={networks.shown[label]: number for label, number in blocks.items()},
        ), (*place.key, *networks.key)

    def values(self, out: Out) -> dict[str, object]:
        """Return the recipe under which published accuracies are comparable."""
        return {"comparable_recipe": COMPARABLE}
