"""What the command line prints of suites and plans: tables for people, JSON for programs."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.cost import cost_of
from benchmarks.data import dataset_names, load_dataset
from benchmarks.recipe import RECIPES, recipe_name
from benchmarks.records import Store
from benchmarks.request import Sitting, Study
from benchmarks.study import measured, missing_probes
from benchmarks.suite import load_suite, suite_names
from benchmarks.survey import load_survey, survey_names
from benchmarks.timings import TimingPlan
from resnet_variants.registry import name_of


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, allow_nan=False))


def print_list(*, as_json: bool) -> None:
    """Suites with their arms, data sets, recipes."""
    asked = {
        name: (suite.question, list(suite.arms), list(suite.optional)) for name in suite_names() for suite in [load_suite(name)]
    }
    asked |= {name: (survey.question, list(survey.networks), []) for name in survey_names() for survey in [load_survey(name)]}
    titles = {name: load_dataset(name).title for name in dataset_names()}
    if as_json:
        described = {
            name: {"question": question, "arms": arms, "optional": optional} for name, (question, arms, optional) in asked.items()
        }
        print_json(
            {"suites": described, "datasets": titles, "recipes": {name: asdict(recipe) for name, recipe in RECIPES.items()}}
        )
        return
    console = Console()
    table = _table("suite", "question", "arms")
    for name, (question, arms, optional) in asked.items():
        table.add_row(name, question, ", ".join(arms) + (f"; if asked for: {', '.join(optional)}" if optional else ""))
    console.print(table)
    table = _table("data set", "what it is")
    for name, title in titles.items():
        table.add_row(name, title)
    console.print(table)
    table = _table("recipe", "length", "batch", "rate", "schedule", "augmentation", "precision")
    for name, recipe in RECIPES.items():
        length = f"{recipe.epochs} epochs" if recipe.epochs else f"{recipe.iterations:,} iterations"
        rate, batch = f"{recipe.learning_rate:g}", str(recipe.batch_size)
        table.add_row(name, length, batch, rate, recipe.schedule, recipe.augment, recipe.precision)
    console.print(table)


def print_plan(studies: list[Study | Sitting], store: Store, *, as_json: bool) -> None:
    """What each study and survey would run: cost, what is done, and the time that the rest of the trials will take."""
    plans = [describe_sitting(asked) if isinstance(asked, Sitting) else describe_plan(asked, store) for asked in studies]
    if as_json:
        print_json(plans)
        return
    console = Console()
    for described in plans:
        columns = [name for name in ("params", "macs", "trials", "done") if name in described["arms"][0]]
        has_trials = "trials" in described
        title = (
            f"{described['suite']} on {described['dataset']}, recipe {described['recipe']}" if has_trials else described["suite"]
        )
        headings = {"params": "parameters", "macs": "MACs"}
        seconds = ["seconds a trial"] if has_trials else []
        table = _table("arm", *(headings.get(name, name) for name in columns), *seconds, title=title)
        for arm in described["arms"]:
            table.add_row(arm["arm"], *(f"{arm[name]:,}" for name in columns), *([f"{arm['seconds']:.1f}"] if has_trials else []))
        console.print(table)
        if has_trials:
            console.print(
                f"{described['trials']} trials, {described['done']} of them done; the rest takes about "
                f"{timedelta(seconds=round(described['seconds_left']))}, {described['jobs']} at once on {described['device']}."
            )
        if described.get("probes"):
            console.print(f"{described['probes']} probes of the trained networks follow.")
        if described["timed"]:
            console.print(
                f"{described['timed']['networks']} networks take turns, {described['timed']['rounds']} rounds, "
                f"in batches of {', '.join(map(str, described['timed']['batch_sizes']))} on {described['device']}."
            )


def describe_sitting(sitting: Sitting) -> dict[str, Any]:
    """A survey's plan as plain values; MACs are for one image of the network's own size."""
    costs = {name_of(one.architecture): cost_of(one.architecture, one.task) for one in sitting.timing.workloads}
    return {
        "suite": sitting.name,
        "device": sitting.device,
        "timed": _timed(sitting.timing),
        "arms": [{"arm": name, "params": cost.params, "macs": cost.macs} for name, cost in costs.items()],
    }


def _timed(plan: TimingPlan | None) -> dict[str, Any] | None:
    if plan is None or not plan.is_timed:
        return None
    networks = {(one.architecture, one.task) for one in plan.workloads}
    return {
        "networks": len(networks),
        "rounds": plan.num_rounds,
        "batch_sizes": sorted({one.batch_size for one in plan.workloads}),
    }


def describe_plan(study: Study, store: Store) -> dict[str, Any]:
    """A study's plan as plain values; MACs are for one image."""
    trials, images = study.plan.trials, study.plan.images
    from benchmarks.estimate import seconds_by_arm  # it loads torch, which a list does without

    done = measured(trials, store)
    seconds = seconds_by_arm(trials, filter(None, map(store.find, done)), images, study.job.device)
    arms = []
    for arm, arm_seconds in seconds.items():
        cost = cost_of(arm.architecture, images.facts.task(trials[0].recipe))
        mine = [trial for trial in trials if trial.arm == arm]
        num_done = sum(trial in done for trial in mine)
        row = {"arm": arm.label, "params": cost.params, "macs": cost.macs, "trials": len(mine), "done": num_done}
        arms.append(row | {"seconds": arm_seconds})
    jobs = study.workers if isinstance(study.workers, int) else 1
    left = [seconds[trial.arm] for trial in trials if trial not in done]
    return {
        "suite": study.name,
        "dataset": trials[0].dataset.name,
        "recipe": recipe_name(trials[0].recipe),
        "device": study.job.device,
        "jobs": jobs,
        "trials": len(trials),
        "done": len(done),
        "seconds_left": max(sum(left) / jobs, max(left, default=0.0)),  # a trial is not divided
        "probes": len(missing_probes(study.suite, trials, store)),
        "timed": _timed(study.timing),
        "arms": arms,
    }


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    numbers = {"parameters", "MACs", "trials", "done", "seconds a trial", "batch", "rate", "ok"}
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
