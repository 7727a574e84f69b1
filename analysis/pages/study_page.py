"""Compute the content of a study's report from its records: verdicts, rows of tables and conditions. Nothing is drawn here.

The module is separate from `report`, so that the content can be tested without files and figures.
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
from analysis.tables.labels import labels_by_seed, on_same_images
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

SHIPPED = ("digits", "digits28", "digits-splits")  # data sets that need no folder


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Content of a study's report; `unreadable` has a line for each unreadable record, which may belong to the study."""

    frame_file: ClassVar[str] = "trials.csv"
    templates: ClassVar[Mapping[str, str]] = {"summary.md": "summary.md.j2", "index.html": "index.html.j2"}

    study: Study
    unreadable: tuple[str, ...] = ()

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
    def kicker(self) -> str:
        """Line with the suite, the data set, the recipe and the number of trials."""
        parts = (f"suite {self.name}", self.study.dataset.name, f"recipe {self.recipe}", counted(len(self.trials), "trial"))
        return " \N{MIDDLE DOT} ".join(parts)

    @property
    def trials(self) -> pd.DataFrame:
        """Row per arm and seed."""
        return self.study.trials

    frame = trials

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the suite's figures."""
        return self.study.suite.figures

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Warnings to read before the verdicts."""
        return tuple(warnings_of(self.study, self.unreadable))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts, one per claim."""
        claims = self.study.suite.claims
        return tuple(judge(claims, {claim.id: evidence_of(claim, self.study) for claim in claims}))

    @cached_property
    def published(self) -> tuple[Published, ...]:
        """Published values of the arms."""
        return tuple(published_figures(self.study.suite.arms))

    @property
    def published_effects(self) -> dict[str, PublishedEffect | None]:
        """Effect in published values, by claim id; None if there is none."""
        claims = self.study.suite.claims
        return {claim.id: published_effect(self.published, claim.metric, claim.test.contrast) for claim in claims}

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
        return {field.name: getattr(self.study.recipe, field.name) for field in fields(self.study.recipe)}

    @property
    def machines(self) -> tuple[str, ...]:
        """Machines on which the trials ran."""
        environments = (result.environment for result in self.study.results)
        return _distinct(machine_words(environment, f"{threads_of(environment)} per trial") for environment in environments)

    @property
    def software(self) -> tuple[str, ...]:
        """Library versions and commits of the trials."""
        return _distinct(software_words(result.environment) for result in self.study.results)

    @property
    def task(self) -> Task:
        """Task of the networks: image shape and number of classes."""
        return self.facts.task(self.study.recipe)

    @property
    def is_shipped(self) -> bool:
        """Whether the images are installed with a package, so that no folder is needed."""
        return self.study.dataset.name in SHIPPED

    @property
    def differences(self) -> str:
        """Description of the differences between the arms."""
        has_parts = any(arm.train_fraction < 1 for arm in self.study.suite.arms.values())
        return "architecture and in the share of the training images" if has_parts else "architecture only"

    @property
    def timing_conditions(self) -> str:
        """Conditions of the timing session; empty without one."""
        return "" if self.study.timing is None else timing_conditions(self.study.timing, "of this size")

    def ours(self, published: Published) -> Estimate | None:
        """Return the estimate for the arm and the metric of a published value; None if it was not measured."""
        row = next((arm for arm in self.arms if arm.arm == published.arm), None)
        return {"train_error_pct": row.train, "test_error_pct": row.test}.get(published.metric) if row else None

    def figure_data(self, out: Out) -> tuple[FigureData, Key]:
        """Return the data of the figures, and their legend."""
        study, probes = self.study, [use.probe for use in self.study.suite.probes]
        labels = labels_by_seed(study, out.labels)
        arms, images = names_of(list(study.suite.arms), "arm "), names_of([study.dataset.name], "data set ")
        classes = names_of(list(self.facts.classes), "#", LONGEST_CLASS)
        arrays = {
            probe: [replace(network, arm=arms.shown[network.arm]) for network in probe_arrays(study, probe)]
            for probe in {*probes, "probabilities"}
        }
        mapped = on_same_images(study, arrays["probabilities"])
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
            function_map=function_map(mapped, labels.get(mapped[0].seed, ()) if mapped else ()),
            equal_costs=arms.in_frame(equal),
        ), (*images.key, *arms.key, *classes.key)

    def values(self, out: Out) -> dict[str, object]:
        """Return the sheets of misclassified images, and the legend of their classes."""
        sheets, classes = _sheets(out, self.study), self.facts.classes
        return {"sheets": sheets, "sheet_key": key_of_names(classes, sheet_names(classes)) if sheets else ()}


def _sheets(out: Out, study: Study) -> dict[str, str]:
    """Return by arm the sheet of misclassified images as a data URL, if the suite has the figure `confusion`."""
    sheets = {}
    for label, arm in study.suite.arms.items() if "confusion" in study.suite.figures else ():
        for result in study.results:
            path = out.sheet(result.trial)
            if result.trial.arm == arm and path.exists():
                sheets[label] = f"data:image/png;base64,{b64encode(path.read_bytes()).decode()}"
    return sheets


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct lines in their first order."""
    return tuple(dict.fromkeys(lines))
