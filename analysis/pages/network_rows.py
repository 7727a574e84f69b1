"""Make rows and a table of the networks of a timing session."""

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
    "batch size": ("batch_size", str),
    "mode": ("mode", str),
    "training images/s": ("train_samples_per_sec", three_digits),
    "inference images/s": ("infer_samples_per_sec", three_digits),
    "top-1, % (published)": ("top1", two_digits),
}


def is_of(survey: Survey, session: TimingResult) -> bool:
    """Return whether all networks of a session belong to the survey as it is now."""
    return networks_in(session) <= _labels(survey).keys()


def networks_in(session: TimingResult) -> set[tuple[Variant, Task]]:
    """Return the networks of a session, each with its task."""
    return {_network_and_task(network.workload) for network in session.networks}


def main_timings(survey: Survey, timing: TimingResult) -> dict[str, NetworkTiming]:
    """Return the eager timings for the batch size of the claims, by network label."""
    labels, size = _labels(survey), timing.plan.workloads[0].batch_size
    return {
        labels[_network_and_task(network.workload)]: network
        for network in timing.networks
        if (network.workload.batch_size, network.workload.mode) == (size, "eager")
    }


def networks_frame(survey: Survey, timing: TimingResult) -> pd.DataFrame:
    """Return a row per workload that could run: timm's columns, quartiles, memory, and shares of the machine's peak rates."""
    labels = _labels(survey)
    ran = [network for network in timing.networks if not network.detail]
    rows = [timing_row(labels[_network_and_task(network.workload)], network, timing) for network in ran]
    return pd.DataFrame(rows, columns=None if rows else ["model"])


def networks_table(networks: pd.DataFrame) -> Table:
    """Return the table that a run prints, without the columns that have no value."""
    columns = {name: pair for name, pair in SHOWN.items() if pair[0] in networks and networks[pair[0]].notna().any()}
    rows = [
        (row["model"], *(spell(row[column]) if pd.notna(row[column]) else DASH for column, spell in columns.values()))
        for row in networks.to_dict("records")
    ]
    return ("network", *columns), rows


def _network_and_task(workload: Workload) -> tuple[Variant, Task]:
    """Return the network and the task of a workload, which identify a survey's network."""
    return workload.architecture, workload.task


def _labels(survey: Survey) -> dict[tuple[Variant, Task], str]:
    """Return the label of each network and task of a survey."""
    return {(network, survey.task or network.task): label for label, network in survey.networks.items()}
