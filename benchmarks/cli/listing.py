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
from benchmarks.spec.suite import SUITES, load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from benchmarks.spec.words import counted
from resnet_variants.console import new_console


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(value, indent=2, allow_nan=False))


def print_list(*, as_json: bool) -> None:
    """Print all suites with their arms, all data sets, all recipes and all metrics."""
    suites = {
        name: (suite.question, list(suite.arms), list(suite.optional)) for name in suite_names() for suite in [load_suite(name)]
    }
    suites |= {name: (survey.question, list(survey.networks), []) for name in survey_names() for survey in [load_survey(name)]}
    titles = {name: load_dataset(name).title for name in dataset_names()}
    others = {"suites": installed(SUITES), "datasets": installed(DATASETS)}  # their code runs only if they are named
    if as_json:
        described = {
            name: {"question": question, "arms": arms, "optional": optional}
            for name, (question, arms, optional) in suites.items()
        }
        print_json(
            {
                "suites": described,
                "datasets": titles,
                "recipes": {name: asdict(recipe) for name, recipe in RECIPES.items()},
                "metrics": {name: asdict(metric) for name, metric in METRICS.items()},
                "of_other_packages": others,
            }
        )
        return
    console = new_console()
    table = new_table("suite", "question", "arms")
    for name, (question, arms, optional) in suites.items():
        table.add_row(name, question, ", ".join(arms) + (f"; optional: {', '.join(optional)}" if optional else ""))
    console.print(table)
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
    numbers = {"parameters", "MACs", "trials", "done", "seconds per trial", "batch", "rate", "ok"}
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
