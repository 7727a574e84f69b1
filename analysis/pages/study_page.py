"""A study's records -> what its report says: verdicts, rows of tables, conditions. Everything is computed here, nothing is drawn.

It stands apart from `report` so that what is said can be tested without files, figures or a page.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import ClassVar

import pandas as pd

from analysis.figures import FigureData
from analysis.inference.effects import evidence_of
from analysis.inference.verdicts import Verdict, judge
from analysis.pages.arm_rows import ArmRow, arm_rows, arms_frame, arms_table
from analysis.pages.drawn_names import LONGEST_CLASS, Key, names_of
from analysis.pages.page import Table
from analysis.pages.provenance import machine_words, software_words, threads_of, timing_conditions
from analysis.pages.study_warnings import facts_of, warnings_of
from analysis.statistics import Estimate
from analysis.tables.frames import confusions, history_frame
from analysis.tables.probes import ProbeRow, function_map, probe_arrays, probe_frame, probe_table
from analysis.tables.published import Published, PublishedEffect, published_effect, published_figures
from analysis.tables.studies import Study, is_of_its_suite
from analysis.tables.timings import equal_costs
from benchmarks.spec.images import DataFacts
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.words import counted
from benchmarks.store.drawable import key_of_names
from benchmarks.store.mistakes import sheet_names
from benchmarks.store.out import Out
from resnet_variants.architecture import Task

SHIPPED = ("digits", "digits28")  # data sets that need no folder


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All that a report says about a study; `unreadable` has a line for each record that may belong to it and cannot be read."""

    frame_file: ClassVar[str] = "trials.csv"
    templates: ClassVar[Mapping[str, str]] = {"summary.md": "summary.md.j2", "index.html": "index.html.j2"}

    study: Study
    unreadable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The suite's."""
        return self.study.name

    @property
    def folder(self) -> str:
        """Where its report stands under OUT."""
        return f"{self.study.name}/{self.study.label}"

    @property
    def is_own(self) -> bool:
        """Whether it was run for this suite, and not only for others that share its arms."""
        return is_of_its_suite(self.study)

    @property
    def question(self) -> str:
        """What the suite asks."""
        return self.study.suite.question

    @property
    def kicker(self) -> str:
        """On what and how, in a line."""
        parts = (f"suite {self.name}", self.study.dataset.name, f"recipe {self.recipe}", counted(len(self.trials), "trial"))
        return " \N{MIDDLE DOT} ".join(parts)

    @property
    def trials(self) -> pd.DataFrame:
        """One row for each arm and seed."""
        return self.study.trials

    frame = trials

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that the suite names."""
        return self.study.suite.figures

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before the verdicts."""
        return tuple(warnings_of(self.study, self.unreadable))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each claim."""
        claims = self.study.suite.claims
        return tuple(judge(claims, {claim.id: evidence_of(claim, self.study) for claim in claims}))

    @cached_property
    def published(self) -> tuple[Published, ...]:
        """What papers print of these arms."""
        return tuple(published_figures(self.study.suite.arms))

    @property
    def published_effects(self) -> dict[str, PublishedEffect | None]:
        """By claim, the same effect in published figures."""
        claims = self.study.suite.claims
        return {claim.id: published_effect(self.published, claim.metric, claim.test.contrast) for claim in claims}

    @cached_property
    def arms(self) -> tuple[ArmRow, ...]:
        """A row for each arm that has a trial."""
        return tuple(arm_rows(self.study))

    @property
    def table(self) -> Table:
        """What a run prints of its arms."""
        return arms_table(self.arms)

    @cached_property
    def probes(self) -> tuple[ProbeRow, ...]:
        """A row for each metric that probes found."""
        return tuple(probe_table(self.study))

    @cached_property
    def facts(self) -> DataFacts:
        """What the records say of the images."""
        return facts_of(self.study)

    @property
    def recipe(self) -> str:
        """The recipe, spelled out where it has no name."""
        return recipe_name(self.study.recipe)

    @property
    def recipe_fields(self) -> dict[str, object]:
        """The recipe's settings by name."""
        return {field.name: getattr(self.study.recipe, field.name) for field in fields(self.study.recipe)}

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that the trials ran on."""
        ran_on = (result.environment for result in self.study.results)
        return _distinct(machine_words(one, f"{threads_of(one)} a trial") for one in ran_on)

    @property
    def software(self) -> tuple[str, ...]:
        """The software that the trials ran with."""
        return _distinct(software_words(result.environment) for result in self.study.results)

    @property
    def task(self) -> Task:
        """What the networks are built for."""
        return self.facts.task(self.study.recipe)

    @property
    def is_shipped(self) -> bool:
        """Whether the images come with the install."""
        return self.study.dataset.name in SHIPPED

    @property
    def differences(self) -> str:
        """In what the arms differ."""
        has_parts = any(arm.train_fraction < 1 for arm in self.study.suite.arms.values())
        return "architecture and in how many of the training images they see" if has_parts else "architecture alone"

    @property
    def timing_conditions(self) -> str:
        """Under what the networks were timed; empty where they were not."""
        return "" if self.study.timing is None else timing_conditions(self.study.timing, "of this size")

    def ours(self, figure: Published) -> Estimate | None:
        """What was measured here of the arm and the metric of a published figure."""
        row = next((arm for arm in self.arms if arm.arm == figure.arm), None)
        return {"train_error_pct": row.train, "test_error_pct": row.test}.get(figure.metric) if row else None

    def figure_data(self, out: Out) -> tuple[FigureData, Key]:
        """What the figures are drawn from, and their legend."""
        study, probes = self.study, [use.probe for use in self.study.suite.probes]
        labels = out.labels.read(study.dataset) or ()
        arms, images = names_of(list(study.suite.arms), "arm "), names_of([study.dataset.name], "data set ")
        classes = names_of(list(self.facts.classes), "#", LONGEST_CLASS)
        arrays = {
            probe: [replace(one, arm=arms.shown[one.arm]) for one in probe_arrays(study, probe)]
            for probe in {*probes, "probabilities"}
        }
        equal = equal_costs(study.suite.budgets, study.costs_by_arm, study.timings_by_arm)
        return FigureData(
            trials=arms.in_frame(self.trials[self.trials["test_error_pct"].notna()]),
            history=arms.in_frame(history_frame(study)),
            arms=arms.in_frame(arms_frame(study, self.arms)),
            published=tuple(replace(row, arm=arms.shown.get(row.arm, row.arm)) for row in self.published),
            label=images.shown[study.dataset.name],
            chance_error_pct=100 * (1 - 1 / len(self.facts.classes)),
            confusions={arms.shown[arm]: counts for arm, counts in confusions(study, labels).items()},
            classes=tuple(classes.shown[name] for name in self.facts.classes),
            probes={probe: arms.in_frame(probe_frame(study, probe)) for probe in probes},
            arrays=arrays,
            labels=labels,
            function_map=function_map(arrays["probabilities"], labels),
            equal_costs=arms.in_frame(equal),
        ), (*images.key, *arms.key, *classes.key)

    def values(self, out: Out) -> dict[str, object]:
        """The sheets of misclassified images, and the legend of their classes."""
        sheets, classes = _sheets(out, self.study), self.facts.classes
        return {"sheets": sheets, "sheet_key": key_of_names(classes, sheet_names(classes)) if sheets else ()}


def _sheets(out: Out, study: Study) -> dict[str, str]:
    """For each arm of a suite that shows its mistakes: the misclassified images of its first seed, as an image's source."""
    found = {}
    for label, arm in study.suite.arms.items() if "confusion" in study.suite.figures else ():
        for result in study.results:
            path = out.sheet(result.trial)
            if result.trial.arm == arm and path.exists():
                found[label] = f"data:image/png;base64,{b64encode(path.read_bytes()).decode()}"
    return found


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
