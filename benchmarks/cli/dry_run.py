"""Print what a run would do: the images found, the trials, how many are done, and how long the rest takes."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from rich.console import Console

from benchmarks.cli.listing import new_table, print_json
from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.cli.tuning import trials_after_tuning, tuning_in_words
from benchmarks.cli.workers import Context, num_at_once
from benchmarks.executors.carry_out import missing_probes
from benchmarks.spec.doubts import doubts
from benchmarks.spec.foresight import undecidable
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import ALL
from benchmarks.spec.timing import TimingPlan
from benchmarks.spec.trial import Arm, Trial
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.training.counts import Counts
from benchmarks.training.estimate import StepTimes, seconds_by_arm
from resnet_variants.architecture import Task
from resnet_variants.console import new_console
from resnet_variants.registry import name_of
from resnet_variants.variant import Variant

UNESTIMATED = {"probes": "probes", "timing": "the timing of networks"}  # what a plan counts without an estimate of its time


def print_images(studies: list[StudyPlan | TimingRun]) -> None:
    """Print on standard error, once for all studies: the images found in a folder of files, and warnings about any images."""
    found: dict[str, None] = {}
    for study in studies:
        if isinstance(study, StudyPlan):
            images, recipe = study.images, study.recipe
            found |= {f"{images.name}: {images.facts.in_words}": None} if images.train.names else {}
            found |= dict.fromkeys(f"warning: {words}" for words in doubts(images.facts, recipe))
    console = new_console(stderr=True)
    for line in found:
        console.print(line, highlight=False, soft_wrap=True)


def print_plan(studies: list[StudyPlan | TimingRun], context: Context, out: Out, *, as_json: bool) -> None:
    """Print the plan of each study and survey (cost, finished trials, time of the rest) and the total of several."""
    plans, seen = [], set[Trial]()
    with ExitStack() as stack:
        counts, steps = stack.enter_context(Counts()), None
        for asked in studies:
            if isinstance(asked, TimingRun):
                plans.append(describe_timing_run(asked, context.device, counts))
                continue
            steps = steps or stack.enter_context(StepTimes(context.device, counts))
            plans.append(describe_study(asked, context, out, steps, seen))
    total = _total(plans) if len(plans) > 1 else None
    if as_json:
        print_json([*({name: plan[name] for name in plan if name != "own"} for plan in plans), *([total] if total else [])])
        return
    console = new_console()
    for plan in plans:
        _print_one(plan, console)
    if total:
        again = total["shared_trials"]
        shared = f" Trials that suites share are counted once ({again} fewer)." if again else ""
        console.print(f"all {total['suites']} together: {_trials_line(total)}{shared}", soft_wrap=True)
        if total["tuning"]:
            console.print(tuning_in_words(total["tuning"], total["device"], total["jobs"]), soft_wrap=True)


def _print_one(plan: dict[str, Any], console: Console) -> None:
    columns = [name for name in ("params", "macs", "trials", "done") if name in plan["arms"][0]]
    has_trials = "trials" in plan
    title = plan["suite"]
    if has_trials:
        rates = f", learning rates {', '.join(f'{rate:g}' for rate in plan['learning_rates'])}"
        title = f"{title} on {plan['dataset']}, recipe {plan['recipe']}{rates if len(plan['learning_rates']) > 1 else ''}"
    headings = {"params": "parameters", "macs": "MACs"}
    seconds = ["seconds per trial"] if has_trials else []
    table = new_table("arm", *(headings.get(name, name) for name in columns), *seconds, title=title)
    for arm in plan["arms"]:
        least = {"macs": "at least "} if arm["is_lower_bound"] else {}
        numbers = [f"{least.get(name, '')}{arm[name]:,}" for name in columns]
        table.add_row(arm["arm"], *numbers, *([f"{arm['seconds']:.1f}"] if has_trials else []))
    console.print(table)
    if has_trials:
        console.print(_trials_line(plan), soft_wrap=True)
    if plan.get("tuning"):
        console.print(tuning_in_words(plan["tuning"], plan["device"], plan["jobs"]), soft_wrap=True)
    if plan.get("further_trials"):
        console.print(f"At most {counted(plan['further_trials'], 'further trial')} of open claims to their later looks.")
    if plan.get("probes"):
        verb = "follows" if plan["probes"] == 1 else "follow"
        console.print(f"{counted(plan['probes'], 'probe')} of the trained networks {verb}.")
    for sentence in plan.get("undecidable", ()):
        console.print(sentence, soft_wrap=True)
    if plan["timed"]:
        console.print(
            f"Timed: {counted(plan['timed']['networks'], 'network')}, {counted(plan['timed']['rounds'], 'round')}, "
            f"batches of {', '.join(map(str, plan['timed']['batch_sizes']))} on {plan['device']}{_in_sessions(plan['timed']['sessions'])}."
        )


def _in_sessions(number: int) -> str:
    return f"; a run makes one of {number} sessions" if number > 1 else ""


def _trials_line(plan: dict[str, Any]) -> str:
    """Return a line with the number of trials, their time, and what else takes time."""
    more = [words for name, words in UNESTIMATED.items() if name in plan["not_estimated"]]
    besides = f", without {' and '.join(more)}" if more else ""
    return (
        f"{counted(plan['trials'], 'trial')}, {plan['done']} of them done; the rest takes about "
        f"{timedelta(seconds=round(plan['seconds_left']))}, {plan['jobs']} at once on {plan['device']}{besides}."
    )


def _total(plans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the plans together, with each trial counted only in the first suite that has it: later suites find its record."""
    studies = [plan for plan in plans if "trials" in plan]
    return {
        "suite": ALL,
        "suites": len(plans),
        "device": plans[0]["device"],
        "jobs": studies[0]["jobs"] if studies else 1,
        "trials": sum(plan["own"]["trials"] for plan in studies),
        "done": sum(plan["own"]["done"] for plan in studies),
        "shared_trials": sum(plan["trials"] - plan["own"]["trials"] for plan in studies),
        "seconds_left": sum(plan["own"]["seconds_left"] for plan in studies),
        "tuning": _total_tuning([plan["own"]["tuning"] for plan in studies if plan["own"]["tuning"]]),
        "not_estimated": [name for name in UNESTIMATED if any(name in plan["not_estimated"] for plan in plans)],
    }


def _total_tuning(plans: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the tuning of several studies together; None if there is none."""
    return {name: sum(plan[name] for plan in plans) for name in plans[0]} if plans else None


def describe_timing_run(run: TimingRun, device: str, counts: Counts) -> dict[str, Any]:
    """Return a survey's plan as plain values; MACs are for one image of the network's own size."""
    networks = dict.fromkeys((one.architecture, one.task) for one in run.plan.workloads)
    timed = _timed(run.plan)
    return {
        "suite": run.name,
        "device": device,
        "timed": timed,
        "not_estimated": ["timing"] if timed else [],
        "arms": [_cost_row(name_of(network), network, task, counts) for network, task in networks],
    }


def _cost_row(label: str, network: Variant, task: Task, counts: Counts) -> dict[str, Any]:
    cost = counts.of(network, task)
    return {"arm": label, "params": cost.params, "macs": cost.macs, "is_lower_bound": cost.is_lower_bound}


def _timed(plan: TimingPlan | None) -> dict[str, Any] | None:
    if plan is None or not plan.is_timed:
        return None
    networks = {(one.architecture, one.task) for one in plan.workloads}
    return {
        "networks": len(networks),
        "rounds": plan.num_rounds,
        "sessions": plan.num_sessions,
        "batch_sizes": sorted({one.batch_size for one in plan.workloads}),
    }


def describe_study(study: StudyPlan, context: Context, out: Out, steps: StepTimes, seen: set[Trial]) -> dict[str, Any]:
    """Return a study's plan as plain values; MACs are for one image. `own` counts only trials not in `seen`, and adds them to it."""
    trials, images = study.trials, study.images
    done = out.with_result(trials)
    seconds = seconds_by_arm(trials, filter(None, map(out.trials.find, done)), images, steps, study.arm_of)
    jobs = num_at_once(context.workers)
    own = [trial for trial in trials if trial not in seen]
    seen.update(own)
    probes, timed = len(missing_probes(study.suite, trials, out)), _timed(study.timing)
    return {
        "suite": study.name,
        "dataset": trials[0].dataset.name,
        "images": images.facts.in_words,
        "warnings": list(doubts(images.facts, study.recipe)),
        "recipe": recipe_name(study.recipe),
        "learning_rates": list(
            dict.fromkeys(trial.recipe.learning_rate for trial in trials if not study.arm_of(trial).sets_rate)
        ),
        "device": context.device,
        "jobs": jobs,
        "trials": len(trials),
        "done": len(done),
        "further_trials": len(study.further),
        "seconds_left": _seconds_left([seconds[study.arm_of(trial)] for trial in trials if trial not in done], jobs),
        "probes": probes,
        "timed": timed,
        "not_estimated": [name for name, there in (("probes", probes), ("timing", timed)) if there],
        "own": {
            "trials": len(own),
            "done": sum(trial in done for trial in own),
            "seconds_left": _seconds_left([seconds[study.arm_of(trial)] for trial in own if trial not in done], jobs),
            "tuning": _describe_tuning(study, out, steps, jobs, seen),
        },
        "arms": _describe_arms(study, done, seconds, steps),
        "undecidable": list(undecidable(study.suite.claims, study.suite.declared_looks[-1], trials[0].dataset.name)),
        "tuning": _describe_tuning(study, out, steps, jobs, set(trials)),
    }


def _describe_arms(
    study: StudyPlan, done: Collection[Trial], seconds: Mapping[Arm, float], steps: StepTimes
) -> list[dict[str, Any]]:
    """Return a row for each arm and each control with its cost, its trials and the seconds of one of them."""
    by_name: dict[str, list[Trial]] = {}
    for trial in study.trials:
        by_name.setdefault(study.name_of(trial), []).append(trial)
    return [
        _cost_row(name, mine[0].architecture, study.images.facts.task(mine[0].recipe), steps.counts)
        | {"trials": len(mine), "done": sum(trial in done for trial in mine), "seconds": seconds[study.arm_of(mine[0])]}
        for name, mine in by_name.items()
    ]


def _describe_tuning(study: StudyPlan, out: Out, steps: StepTimes, jobs: int, seen: set[Trial]) -> dict[str, Any] | None:
    """Return as plain values the tuning runs and the trials at chosen rates that are not in `seen`, and add them to it; None without any."""
    if not study.tuning:
        return None
    runs = [trial for trial in study.tuning if trial not in seen]
    after = [trial for trial in trials_after_tuning(study, out) if trial not in seen]
    seen.update(runs, after)
    done = out.with_result(runs)
    seconds = seconds_by_arm(study.tuning, filter(None, map(out.trials.find, done)), study.images, steps, study.arm_of)
    left = [seconds[study.arm_of(trial)] for trial in runs if trial not in done]
    return {
        "trials": len(runs),
        "done": len(done),
        "seconds_left": _seconds_left(left, jobs),
        "more_trials": len(after),
        "more_seconds": _seconds_left([seconds[study.arm_of(trial)] for trial in after], jobs),
    }


def _seconds_left(seconds: list[float], jobs: int) -> float:
    """Return how long the trials take with `jobs` at once; a trial is not divided."""
    return max(sum(seconds) / jobs, max(seconds, default=0.0))
