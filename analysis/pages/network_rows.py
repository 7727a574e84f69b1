"""A timing session's networks: what was timed of each, a row for each workload, and the table that a run prints."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.pages.formats import count, three_digits, two_digits
from analysis.pages.page import Table
from analysis.tables.timings import timing_row
from benchmarks.spec.survey import Survey
from benchmarks.spec.timing import Workload
from benchmarks.store.timings import NetworkTiming, TimingResult
from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

DASH = "\N{EN DASH}"
SHOWN: dict[str, tuple[str, Callable[[Any], str]]] = {
    "parameters": ("param_count", count),
    "MACs": ("gmacs", lambda gmacs: count(round(1e9 * gmacs))),
    "at once": ("batch_size", str),
    "mode": ("mode", str),
    "training images/s": ("train_samples_per_sec", three_digits),
    "inference images/s": ("infer_samples_per_sec", three_digits),
    "top-1, % (published)": ("top1", two_digits),
}


def is_of(survey: Survey, session: TimingResult) -> bool:
    """Whether it times no other networks than the survey has today."""
    return networks_in(session) <= _labels(survey).keys()


def networks_in(session: TimingResult) -> set[tuple[Variant, Task]]:
    """What a session is about: networks, each with the images that it is timed on."""
    return {_about(one.workload) for one in session.networks}


def main_timings(survey: Survey, timing: TimingResult) -> dict[str, NetworkTiming]:
    """What was timed of each network as it stands, in the batches that claims speak of."""
    labels, size = _labels(survey), timing.plan.workloads[0].batch_size
    return {
        labels[_about(one.workload)]: one
        for one in timing.networks
        if (one.workload.batch_size, one.workload.mode) == (size, "eager")
    }


def networks_frame(survey: Survey, timing: TimingResult) -> pd.DataFrame:
    """One row for each workload that could run; timm's columns, quartiles, memory, and what was achieved of what the machine can do."""
    labels = _labels(survey)
    rows = [timing_row(labels[_about(one.workload)], one, timing) for one in timing.networks if not one.detail]
    return pd.DataFrame(rows, columns=None if rows else ["model"])


def networks_table(networks: pd.DataFrame) -> Table:
    """What a run prints: images a second where they were timed, published accuracy where there is any."""
    columns = {name: pair for name, pair in SHOWN.items() if pair[0] in networks and networks[pair[0]].notna().any()}
    rows = [
        (row["model"], *(spell(row[column]) if pd.notna(row[column]) else DASH for column, spell in columns.values()))
        for row in networks.to_dict("records")
    ]
    return ("network", *columns), rows


def _about(workload: Workload) -> tuple[Variant, Task]:
    return workload.architecture, workload.task


def _labels(survey: Survey) -> dict[tuple[Variant, Task], str]:
    """The label of each network with the images that it is timed on."""
    return {(network, survey.task or network.task): label for label, network in survey.networks.items()}
