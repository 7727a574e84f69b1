"""A study's records -> what its report says: verdicts, rows of tables, conditions. Everything is computed here, nothing is drawn.

It stands apart from `report` so that what is said can be tested without files, figures or a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import pandas as pd

from analysis.inference.effects import evidence_of
from analysis.inference.verdicts import Verdict, judge
from analysis.pages.provenance import (
    machine_words,
    software_words,
    threads_of,
    timing_conditions,
)
from analysis.pages.study_warnings import facts_of, warnings_of
from analysis.statistics import Estimate, Spread, spread
from analysis.tables import frames
from analysis.tables.probes import ProbeRow, probe_table
from analysis.tables.published import Published, PublishedEffect, published_effect, published_figures
from analysis.tables.studies import Study, costs_by_arm, timings_by_arm
from analysis.tables.timings import equal_costs, share_of_peak
from benchmarks.spec.images import DataFacts
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.words import counted
from resnet_variants.architecture import Task
from resnet_variants.registry import name_of

SHIPPED = ("digits", "digits28")  # data sets that need no folder


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmRow:
    """One arm: its cost (multiply-adds and activations may be at least so many), its errors over seeds, and how many of its trials came through."""

    arm: str
    family: str
    depth: int
    num_ok: int
    num_trials: int
    params: int | None
    macs: int | None
    activations: int | None
    is_lower_bound: bool
    train: Estimate | None
    test: Estimate | None
    loss: Estimate | None
    optimism_gap: float | None
    train_seconds: float | None
    train_step: Spread | None
    infer_step: Spread | None
    train_memory: int | None
    train_share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """All that a report says about a study."""

    study: Study
    trials: pd.DataFrame
    warnings: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    published_effects: dict[str, PublishedEffect | None]
    arms: tuple[ArmRow, ...]
    published: tuple[Published, ...]
    facts: DataFacts
    recipe: str
    recipe_fields: dict[str, object]
    probes: tuple[ProbeRow, ...]
    machines: tuple[str, ...]
    software: tuple[str, ...]

    @property
    def chance_error_pct(self) -> float:
        """The error of guessing."""
        return 100 * (1 - 1 / len(self.facts.classes))

    @property
    def task(self) -> Task:
        """What the networks are built for."""
        return self.facts.task(self.study.recipe)

    @property
    def folder(self) -> str:
        """Where its report stands under OUT."""
        return f"{self.study.name}/{self.study.label}"

    @property
    def name(self) -> str:
        """The suite's."""
        return self.study.name

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
    def figures(self) -> tuple[str, ...]:
        """The figures that the suite names."""
        return self.study.suite.figures

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

    @property
    def equal_costs(self) -> pd.DataFrame:
        """What arms that cost the same by one count do by the others, and by time."""
        return equal_costs(self.study.suite.budgets, costs_by_arm(self.study), timings_by_arm(self.study))

    def ours(self, figure: Published) -> Estimate | None:
        """What was measured here of the arm and the metric of a published figure."""
        row = next((arm for arm in self.arms if arm.arm == figure.arm), None)
        return {"train_error_pct": row.train, "test_error_pct": row.test}.get(figure.metric) if row else None


def summarise(study: Study, unreadable: Iterable[str] = ()) -> Summary:
    """What a study's records say."""
    trials = frames.trials_frame(study)
    published = tuple(published_figures(study.suite.arms))
    evidence = {claim.id: evidence_of(claim, study, trials) for claim in study.suite.claims}
    return Summary(
        study=study,
        trials=trials,
        warnings=tuple(warnings_of(study, trials, unreadable)),
        verdicts=tuple(judge(study.suite.claims, evidence)),
        published_effects={
            claim.id: published_effect(published, claim.metric, claim.test.contrast) for claim in study.suite.claims
        },
        arms=tuple(_arm_rows(study, trials)),
        published=published,
        facts=facts_of(study),
        recipe=recipe_name(study.recipe),
        recipe_fields={field.name: getattr(study.recipe, field.name) for field in fields(study.recipe)},
        probes=tuple(probe_table(study, trials)),
        machines=_distinct(
            machine_words(result.environment, f"{threads_of(result.environment)} a trial") for result in study.results
        ),
        software=_distinct(software_words(result.environment) for result in study.results),
    )


def arms_frame(summary: Summary) -> pd.DataFrame:
    """One row for each arm and metric: mean and interval (the mean itself where there is one seed), step time, share of the images."""
    rows = []
    for arm in summary.arms:
        for metric, found in (("train_error_pct", arm.train), ("test_error_pct", arm.test), ("train_loss", arm.loss)):
            if found is not None:
                low, high = (found.value if bound is None else bound for bound in (found.low, found.high))
                step_ms = 1000 * arm.train_step.median if arm.train_step else None
                of = summary.study.suite.arms[arm.arm]
                more = [step_ms, of.train_fraction, name_of(of.architecture)]
                rows.append([arm.arm, arm.family, arm.depth, metric, found.value, low, high, *more])
    columns = ["arm", "family", "depth", "metric", "value", "low", "high", "train_step_ms", "train_fraction", "network"]
    return pd.DataFrame(rows, columns=columns)


def _arm_rows(study: Study, trials: pd.DataFrame) -> Iterable[ArmRow]:
    estimates, timings = frames.estimates_by_arm(study, trials), timings_by_arm(study)
    for label, arm in study.suite.arms.items():
        rows = trials[trials["arm"] == label]
        if rows.empty:
            continue
        ran = frames.measured(rows)
        timing = timings.get(label)
        cost = next((result.cost for result in study.results if result.trial.arm == arm and result.cost), None)
        yield ArmRow(
            arm=label,
            family=str(rows["family"].iloc[0]),
            depth=arm.architecture.depth,
            num_ok=int((rows["status"] == "ok").sum()),
            num_trials=len(rows),
            params=cost.params if cost else None,
            macs=cost.macs if cost else None,
            activations=cost.activations if cost else None,
            is_lower_bound=cost is not None and cost.is_lower_bound,
            train=estimates[label]["train_error_pct"] if label in estimates else None,
            test=estimates[label]["test_error_pct"] if label in estimates else None,
            loss=estimates[label].get("train_loss") if label in estimates else None,
            optimism_gap=float(ran["optimism_gap"].mean()) if ran["optimism_gap"].notna().any() else None,
            train_seconds=float(ran["train_seconds"].median()) if len(ran) else None,
            train_step=spread(timing.train_step_seconds) if timing else None,
            infer_step=spread(timing.infer_step_seconds) if timing else None,
            train_memory=timing.train_memory_bytes if timing else None,
            train_share=share_of_peak("train", timing, study.timing) if timing and study.timing else None,
        )


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
