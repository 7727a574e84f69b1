"""A survey's session -> what its report says: a row for each network, verdicts, conditions. Nothing is drawn here.

The counterpart of `summary` for what is timed and never trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.conditions import machine_words, software_words, timing_conditions, timing_warnings
from analysis.frames import ratio_effects
from analysis.published import PublishedEffect, published_rows
from analysis.statistics import spread
from analysis.verdicts import Evidence, Verdict, judge
from benchmarks.claims import Claim
from benchmarks.survey import Survey
from benchmarks.timings import NetworkTiming, TimingResult, Workload
from benchmarks.trial import slug

COMPARABLE = "torchvision V1"  # one recipe for all of them; a figure under another is shown apart


@dataclass(frozen=True, kw_only=True)
class SurveySummary:
    """All that a report says about a session of a survey; `label` names it, and its folder."""

    name: str
    survey: Survey
    timing: TimingResult
    label: str

    @property
    def question(self) -> str:
        """What the survey asks."""
        return self.survey.question

    @property
    def kicker(self) -> str:
        """Where and how, in a line."""
        machine = self.timing.environment
        return f"suite {self.name} \N{MIDDLE DOT} batches of {self.timing.plan.batch_size} \N{MIDDLE DOT} {machine.gpu or machine.processor}"

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
        return timing_conditions(self.timing, "of the network's own size")

    @property
    def machine(self) -> str:
        """Where."""
        return machine_words(self.timing.environment, f"{self.timing.environment.num_threads} threads")

    @property
    def software(self) -> str:
        """With what."""
        return software_words(self.timing.environment)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before the verdicts."""
        missing = [label for label in self.survey.networks if label not in timed_networks(self.survey, self.timing)]
        partial = [f"Partial: not timed: {', '.join(missing)}."] if missing else []
        dirty = ["It ran from a working tree with uncommitted changes."] if self.timing.environment.is_dirty else []
        return (*partial, *dirty, *timing_warnings(self.timing))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each claim."""
        timed = timed_networks(self.survey, self.timing)
        return tuple(judge(self.survey.claims, {claim.id: _evidence(claim, timed) for claim in self.survey.claims}))

    @cached_property
    def networks(self) -> pd.DataFrame:
        """One row for each network that could run; timm's columns, quartiles and memory."""
        batch_size = self.timing.plan.batch_size
        timed = timed_networks(self.survey, self.timing)
        return pd.DataFrame([_row(label, network, batch_size) for label, network in timed.items() if not network.detail])


def sessions_of(name: str, survey: Survey, sessions: Sequence[TimingResult]) -> list[SurveySummary]:
    """The sessions of a survey that a store holds, each of which is a report; those that time other networks, too, are not its."""
    found = [session for session in sessions if {one.workload for one in session.networks} <= workloads(survey).keys()]
    labels = [_label(survey, session) for session in found]
    return [
        SurveySummary(
            name=name,
            survey=survey,
            timing=session,
            label=label if labels.count(label) == 1 else f"{label}-{number}",
        )
        for number, (label, session) in enumerate(zip(labels, found, strict=True), start=1)
    ]


def workloads(survey: Survey) -> dict[Workload, str]:
    """The label of each network as it is timed."""
    return {Workload(architecture=network, task=network.task): label for label, network in survey.networks.items()}


def timed_networks(survey: Survey, timing: TimingResult) -> dict[str, NetworkTiming]:
    """What was timed of each network."""
    labels = workloads(survey)
    return {labels[network.workload]: network for network in timing.networks}


def _label(survey: Survey, session: TimingResult) -> str:
    """Machine, batch and precision, and how many of the networks where they are not all."""
    machine, number = session.environment, len(session.networks)
    some = "" if number == len(survey.networks) else f"-{number}-networks"
    return slug(f"{machine.gpu or machine.processor}-b{session.plan.batch_size}-{session.plan.precision}{some}")


def _evidence(claim: Claim, timed: dict[str, NetworkTiming]) -> Evidence:
    arms = [arm for arm in claim.test.contrast if arm in timed]
    failed = [f"{arm} ({timed[arm].detail})" for arm in arms if timed[arm].detail]
    values = {arm: _values(timed[arm], claim) for arm in arms}
    return Evidence(effects={} if failed else ratio_effects(claim, values), failed=failed)


def _values(network: NetworkTiming, claim: Claim) -> tuple[float, ...]:
    if claim.measure.over == "rounds":
        seconds: tuple[float, ...] = getattr(network, claim.metric)
        return seconds
    return (float(getattr(network.cost, claim.metric)),) if network.cost else ()


def _row(label: str, network: NetworkTiming, batch_size: int) -> dict[str, object]:
    step, cost = spread(network.infer_step_seconds), network.cost
    assert step is not None and cost is not None
    accuracy, recipe = _accuracy(label)
    return {
        "model": label,
        "img_size": network.workload.task.image_shape[1],
        "batch_size": batch_size,
        "param_count": cost.params,
        "gmacs": cost.macs / 1e9,
        "macts": cost.activations / 1e6,
        "infer_samples_per_sec": batch_size / step.median,
        "infer_step_time": 1000 * step.median,  # milliseconds, as timm has it
        "infer_step_time_low": 1000 * step.low,
        "infer_step_time_high": 1000 * step.high,
        "is_noisy": step.is_noisy,
        "infer_memory_bytes": network.infer_memory_bytes,
        "top1": accuracy,
        "top1_err": None if accuracy is None else 100 - accuracy,
        "top1_recipe": recipe,
        "family": family_of(label),
    }


def _accuracy(label: str) -> tuple[float | None, str]:
    """What torchvision publishes for its weights of this name, and the recipe that they were trained by."""
    rows = [row for row in published_rows() if (row.arm, row.metric) == (label, "top1_accuracy_pct")]
    return (rows[0].value, rows[0].recipe) if rows else (None, "")


FAMILIES = {
    "resnet": "ResNet",
    "preresnet": "ResNet, pre-activation",
    "resnext": "ResNeXt",
    "wide": "Wide ResNet",
    "plain": "plain",
}


def family_of(label: str) -> str:
    """The family that a name speaks of."""
    return next((words for start, words in FAMILIES.items() if label.startswith(start)), "without residual blocks")
