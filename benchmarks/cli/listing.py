"""Print suites and plans on the command line: tables for people, JSON for programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.spec.images import DATASETS, dataset_names, load_dataset
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.named import installed
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import SUITES, Suite, load_suite, suite_names
from benchmarks.spec.suite_times import suite_times
from benchmarks.spec.survey import Survey, load_survey, survey_names
from benchmarks.spec.words import counted
from resnet_variants.console import new_console

NAMES = {"data set", "recipe", "metric"}  # columns of names, which are not broken


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(value, indent=2, allow_nan=False))


def print_list(*, as_json: bool, with_arms: bool = False) -> None:
    """Print all suites with what one chooses by, all data sets, all recipes and all metrics; the suites' arms if asked for."""
    suites: dict[str, Suite | Survey] = {name: load_suite(name) for name in suite_names()}
    suites |= {name: load_survey(name) for name in survey_names()}
    titles = {name: load_dataset(name).title for name in dataset_names()}
    others = {"suites": installed(SUITES), "datasets": installed(DATASETS)}  # their code runs only if they are named
    if as_json:
        print_json(
            {
                "suites": {name: _suite_values(name, suite) for name, suite in suites.items()},
                "datasets": titles,
                "recipes": {name: asdict(recipe) for name, recipe in RECIPES.items()},
                "metrics": {name: asdict(metric) for name, metric in METRICS.items()},
                "of_other_packages": others,
            }
        )
        return
    console = new_console()
    _print_suites(suites, console)
    if with_arms:
        _print_arms(suites, console)
    table = new_table("data set", "description")
    for name, title in titles.items():
        table.add_row(name, title)
    console.print(table)
    table = new_table("recipe", "length", "batch", "optimizer", "rate", "schedule", "augmentation", "precision")
    for name, recipe in RECIPES.items():
        length = counted(recipe.epochs, "epoch") if recipe.epochs else f"{recipe.iterations:,} iterations"
        rate, batch = f"{recipe.learning_rate:g}", str(recipe.batch_size)
        table.add_row(name, length, batch, recipe.optimizer, rate, recipe.schedule, recipe.augment, recipe.precision)
    console.print(table)
    _print_metrics(console)
    _print_others(others, console)


def _suite_values(name: str, suite: Suite | Survey) -> dict[str, Any]:
    """Return a suite or a survey as plain values; minutes are on two cores, None if they are unknown."""
    time, trained = suite_times().get(name), suite if isinstance(suite, Suite) else None
    return {
        "question": suite.question,
        "arms": list(suite.arms if isinstance(suite, Suite) else suite.networks),
        "optional": list(trained.optional) if trained else [],
        "dataset": trained.dataset if trained else None,
        "recipe": trained.recipe if trained else None,
        "trials": time.trials if time else None,
        "minutes": time.minutes if time else None,
    }


def _print_suites(suites: Mapping[str, Suite | Survey], console: Console) -> None:
    table = new_table("suite", "trials", "time", "data", "recipe", "question")
    for name, suite in suites.items():
        found = _suite_values(name, suite)
        time = "\N{EN DASH}" if found["minutes"] is None else f"{max(1, round(found['minutes']))} min"
        cells = (str(found[column] or "\N{EN DASH}") for column in ("trials", "dataset", "recipe"))
        trials, dataset, recipe = cells
        table.add_row(name, trials, time, dataset, recipe, found["question"])
    for column in table.columns[:-1]:
        column.no_wrap = True
    console.print(table)
    console.print(
        "time: about, on two cores of an AMD EPYC, without probes; --suite NAME --dry-run says it for this machine, and the arms; --list --verbose "
        "names the arms of all.\n",
        soft_wrap=not console.is_terminal,
    )


def _print_arms(suites: Mapping[str, Suite | Survey], console: Console) -> None:
    """Print the arms of each suite, one name after the other, without breaking a name."""
    for name, suite in suites.items():
        found = _suite_values(name, suite)
        optional = f"; optional: {', '.join(found['optional'])}" if found["optional"] else ""
        console.print(f"{name}: {', '.join(found['arms'])}{optional}\n", soft_wrap=True)


def _print_metrics(console: Console) -> None:
    """Print what claims and --compare --on may be about."""
    table = new_table("metric", "description", "unit", "measured by")
    for name, metric in METRICS.items():
        by = {
            "seeds": f"probe {metric.probe}" if metric.probe else "training",
            "sessions": "timing",
            "counts": "counting",
            "published": "papers",
            "tunings": "--tune",
        }
        unit = "rate of one arm" if metric.is_rate else "ratio" if metric.is_ratio else metric.unit or "none"
        table.add_row(name, metric.words, unit, by[metric.over])
    console.print(table)


def _print_others(others: Mapping[str, Mapping[str, str]], console: Console) -> None:
    """Print the entry points of other packages, if there are any."""
    for kind, entries in others.items():
        if entries:
            listed = ", ".join(f"{name} ({package})" for name, package in entries.items())
            console.print(f"{kind} of other packages: {listed}", soft_wrap=True)


def new_table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table for the terminal, with columns of numbers aligned to the right."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    numbers = {"parameters", "MACs", "trials", "done", "seconds per trial", "batch", "rate", "ok", "time"}
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold", no_wrap=column in NAMES)
    return table
