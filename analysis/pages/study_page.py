"""Compute the content of a study's report from its records: verdicts, rows of tables and conditions. Nothing is drawn here.

The module is separate from `report`, so that the content can be tested without files and figures.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar

import pandas as pd

from analysis.figures import FigureData
from analysis.inference.controls import Control, controls_of
from analysis.inference.predictions import Scored
from analysis.inference.study_verdicts import retired_verdicts, verdicts_of
from analysis.inference.totals import Group, RunSet, groups_of
from analysis.inference.tuned import Tuned, judge_tuned
from analysis.inference.verdicts import Verdict
from analysis.inference.wording import noise_note
from analysis.pages.answered import Answered
from analysis.pages.arm_rows import ArmRow, arm_rows, arms_table
from analysis.pages.concerns import concerns_of
from analysis.pages.drawn_names import Key
from analysis.pages.page import Table
from analysis.pages.provenance import data_flag, machine_words, software_of_study, threads_of, timing_conditions
from analysis.pages.published_rows import PublishedRow, published_rows
from analysis.pages.study_figures import figure_data, sheets_of
from analysis.pages.study_warnings import differences_of, facts_of, warnings_of
from analysis.tables.labels import labels_by_seed
from analysis.tables.probes import ProbeRow, probe_table
from analysis.tables.published import Published, PublishedEffect, effect_of_claim, published_figures
from analysis.tables.studies import Study, is_of_its_suite
from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.failure import failure_line_pct
from benchmarks.spec.settings import recipe_name
from benchmarks.store.drawable import key_of_names
from benchmarks.store.mistakes import sheet_names
from benchmarks.store.out import Out
from resnet_variants.architecture import Task

EVERY_SUITES = "error_by_rate"
SHIPPED = ("digits", "digits28", "digits-splits", "mnist5k")  # data sets that need no folder


@dataclass(frozen=True, kw_only=True)
class Summary(Answered):
    """Content of a study's report; `unreadable` has a line for each unreadable record, which may belong to the study."""

    frame_file: ClassVar[str] = "trials.csv"
    templates: ClassVar[Mapping[str, str]] = {"summary.md": "summary.md.j2", "index.html": "index.html.j2"}

    study: Study
    unreadable: tuple[str, ...] = ()
    predictions: Scored | None = None

    @property
    def name(self) -> str:
        """Name of the suite."""
        return self.study.name

    @property
    def folder(self) -> str:
        """Folder of the report, relative to OUT."""
        return f"{self.study.name}/{self.study.label}"

    @property
    def is_own(self) -> bool:
        """Whether the trials were run for this suite, and not only for others that share its arms."""
        return is_of_its_suite(self.study)

    @property
    def question(self) -> str:
        """Question of the suite."""
        return self.study.suite.question

    @property
    def named_main(self) -> str:
        """Id of the main claim of the suite or survey."""
        return self.study.suite.main

    @property
    def kicker(self) -> str:
        """Line with the suite, the data set and the recipe."""
        return f"suite {self.name} \N{MIDDLE DOT} {self.study.dataset.name} \N{MIDDLE DOT} recipe {self.recipe}"

    @property
    def trials(self) -> pd.DataFrame:
        """Row per arm and seed, at the recipe's learning rate."""
        return self.study.trials

    @property
    def frame(self) -> pd.DataFrame:
        """Row per arm and seed at every learning rate, and per control and seed."""
        frames = [study.trials for study in self.study.by_rate.values() if study.results]
        return pd.concat([*frames, *([self.study.control_trials] if self.study.controls else [])], ignore_index=True)

    @property
    def rates_note(self) -> str:
        """Words on the learning rates of a study, to follow "trained"; empty if there is only one."""
        rates = [f"{rate:g}" for rate in self.study.by_rate]
        if len(rates) == 1:
            return ""
        others = {arm for study in self.study.others for arm in study.present}
        return f" at learning rate {rates[0]}, and {len(others)} of them also at {' and '.join(rates[1:])},"

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the suite's figures, and of the one that every suite has."""
        return tuple(dict.fromkeys((*self.study.suite.figures, EVERY_SUITES)))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Warnings to read before the verdicts."""
        return tuple(warnings_of(self.study, self.unreadable))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts, one per claim."""
        return verdicts_of(self.study, self.controls)

    @cached_property
    def retired(self) -> tuple[Verdict, ...]:
        """Verdicts of the retired claims, in none of the totals."""
        return retired_verdicts(self.study, self.controls)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Controls of the reference arm."""
        return controls_of(self.study)

    @cached_property
    def tuned(self) -> Tuned | None:
        """Verdicts with each arm at its own best learning rate, in none of the totals; None if the arms are not tuned."""
        return judge_tuned(self.study)

    @property
    def run_sets(self) -> frozenset[RunSet]:
        """Distinct sets of runs that the tested claims of evidence rest on."""
        study = self.study
        tested = (verdict.claim for verdict in self.verdicts if verdict.is_tested and verdict.claim.kind == "evidence")
        arms = (frozenset(study.suite.arms[label] for label in claim.test.contrast) for claim in tested)
        return frozenset((study.dataset, study.recipe, compared) for compared in arms)

    @property
    def groups(self) -> list[Group]:
        """Verdicts by kind of claim."""
        return groups_of(self.verdicts, self.run_sets)

    @cached_property
    def published(self) -> tuple[Published, ...]:
        """Published values of the arms."""
        return tuple(published_figures(self.study.suite.arms))

    @property
    def published_rows(self) -> list[PublishedRow]:
        """Published values, each with ours."""
        return published_rows(self.published, self.arms, self.study.dataset.name)

    @property
    def published_effects(self) -> dict[str, PublishedEffect | None]:
        """Effect in published values, by claim id; None if there is none."""
        return {claim.id: effect_of_claim(self.published, claim) for claim in self.study.suite.claims}

    @cached_property
    def concerns(self) -> dict[str, tuple[str, ...]]:
        """Sentences by claim id on arms that a referee would doubt."""
        return concerns_of(self.study)

    @cached_property
    def arms(self) -> tuple[ArmRow, ...]:
        """Row for each arm that has a trial."""
        return tuple(arm_rows(self.study))

    @property
    def table(self) -> Table:
        """Table of the arms that a run prints."""
        return arms_table(self.arms)

    @cached_property
    def probes(self) -> tuple[ProbeRow, ...]:
        """Row for each metric that the probes measured."""
        return tuple(probe_table(self.study))

    @cached_property
    def facts(self) -> DataFacts:
        """Facts about the images, from the records."""
        return facts_of(self.study)

    @property
    def recipe(self) -> str:
        """Name of the recipe, or its settings if it has no name."""
        return recipe_name(self.study.recipe)

    @property
    def recipe_fields(self) -> dict[str, object]:
        """Settings of the recipe, by name."""
        return asdict(self.study.recipe)

    @property
    def machines(self) -> tuple[str, ...]:
        """Machines on which the trials ran."""
        ran_in = (result.environment for result in self.study.results)
        return tuple(dict.fromkeys(machine_words(one, f"{threads_of(one)} per trial") for one in ran_in))

    @property
    def software(self) -> tuple[str, ...]:
        """Library versions and commits of the trials."""
        return software_of_study((result.environment for result in self.study.results), self.study.plan)

    @property
    def task(self) -> Task:
        """Task of the networks: image shape and number of classes."""
        return self.facts.task(self.study.recipe)

    @property
    def data_flag(self) -> str:
        """Flag that names the images for a trial that is repeated; empty if they are installed with a package."""
        return data_flag(self.study.dataset.name in SHIPPED, self.study.plan)

    @property
    def differences(self) -> str:
        """Description of the differences between the arms."""
        return differences_of(self.study.suite)

    @property
    def failure_line(self) -> str:
        """Sentence with the test error above which a run fails."""
        return f"A run fails if it diverges or its test error is above {failure_line_pct(self.study.recipe, self.facts.classes):g}%; else it trains."

    @property
    def noise_note(self) -> str:
        """Sentence with what intervals assume, and what a test without the assumption could show with these seeds."""
        return noise_note(self.verdicts)

    @property
    def timing_conditions(self) -> str:
        """Conditions of the timing sessions; empty without one."""
        return timing_conditions(self.study.timings, "of this size") if self.study.timings else ""

    def figure_data(self, out: Out) -> tuple[FigureData, Key]:
        """Return the data of the figures, and their legend."""
        return figure_data(self.study, self.arms, self.published, labels_by_seed(self.study, out.labels))

    def values(self, out: Out) -> dict[str, object]:
        """Return the sheets of misclassified images, and the legend of their classes."""
        sheets, classes = sheets_of(self.study, out), self.facts.classes
        return {"sheets": sheets, "sheet_key": key_of_names(classes, sheet_names(classes)) if sheets else ()}
