"""The jobs that the speed gate times, by name: the steps of every suite's arms, counting their costs, augmentation and the report.

Each job is small, does the same work every time and runs in one thread. `test_speed` times them with pytest-benchmark, `gate` by itself.

Axes: N images, C channels, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import get_args

import torch

from benchmarks.measuring.cost import cost_of, count_cost
from benchmarks.measuring.runnable import Runnable
from benchmarks.spec.cost import Cost
from benchmarks.spec.recipe import RECIPES, Augment
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.timing import Step, Workload
from benchmarks.spec.trial import Trial
from benchmarks.speed.random_images import random_images
from benchmarks.store.environment import THREADS_PER_TRIAL, describe, read_checkout
from benchmarks.store.out import Out
from benchmarks.store.trials import Epoch, Final, TrialResult
from benchmarks.training.batches import DeviceImages
from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

STEPS: dict[Step, str] = {"infer": "forward", "train": "training step"}
BATCH_SIZE = 64
DIGITS, NUM_IMAGES = (1, 8, 8), 640


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedJob:
    """A job to time: its group, a function that prepares it (not timed) and returns the timed callable, and its suite and arm."""

    group: str
    make: Callable[[], Callable[[], object]]
    extra_info: dict[str, int | str]


def everything() -> dict[str, TimedJob]:
    """Return all jobs by name, such as "depth: resnet20: training step"."""
    jobs: dict[str, TimedJob] = {}
    for suite, label, workload in arms():
        info: dict[str, int | str] = {"suite": suite, "arm": label}
        for step, words in STEPS.items():
            jobs[f"{suite}: {label}: {words}"] = TimedJob(group=words, make=partial(_step, workload, step), extra_info=info)
        jobs[f"{suite}: {label}: counting"] = TimedJob(group="counting", make=partial(_counting, workload), extra_info=info)
    for augment in get_args(Augment):
        jobs[f"augmentation: {augment}"] = TimedJob(group="augmentation", make=partial(_augmentation, augment), extra_info={})
    jobs["report: depth"] = TimedJob(group="report", make=_report, extra_info={})
    return jobs


def arms() -> list[tuple[str, str, Workload]]:
    """List suite, label and workload of every network among the arms, once; suites that enlarge their images time on 64x64."""
    workloads: dict[Variant, tuple[str, str, Workload]] = {}
    for name in suite_names():
        suite = load_suite(name)
        shape = RECIPES[suite.recipe].input_shape(DIGITS)
        for label, arm in suite.arms.items():
            task = Task(image_shape=shape, num_classes=10)
            workload = Workload(
                architecture=arm.architecture, task=task, batch_size=BATCH_SIZE if shape == DIGITS else 4, steps=get_args(Step)
            )
            if not arm.settings:  # its network is another arm's, and only its recipe is its own
                workloads.setdefault(arm.architecture, (name, label, workload))
    return list(workloads.values())


def cost_info(workload: Workload) -> dict[str, int]:
    """Return the parameters and the multiply-adds per image of a workload's network."""
    cost = cost_of(workload.architecture, workload.task)
    return {"params": cost.params, "macs": cost.macs}


def _step(workload: Workload, step: Step) -> Callable[[], object]:
    return Runnable(workload, "fp32", "cpu").steps[step]


def _counting(workload: Workload) -> Callable[[], object]:
    return partial(count_cost, workload.architecture, workload.task)


def _augmentation(augment: Augment) -> Callable[[], object]:
    """Return a callable that makes one pass over images of 3x32x32."""
    images = random_images(num_train=NUM_IMAGES, num_test=NUM_IMAGES)
    device = DeviceImages(images, torch.device("cpu"))
    recipe = replace(RECIPES["short"], augment=augment)

    def one_pass() -> None:
        order, crops = (torch.Generator().manual_seed(seed) for seed in (0, 1))
        for _ in device.training_batches(recipe, torch.arange(NUM_IMAGES), order=order, crops=crops):
            pass

    return one_pass


def _report() -> Callable[[], object]:
    """Return a callable that makes the report of a complete study of `depth` with made-up results."""
    from analysis.report import make_reports  # imported here, as a run does at its end

    out = Out(Path(mkdtemp(prefix="speed-report-")))
    out.prepare()
    images, suite = random_images(num_train=NUM_IMAGES, num_test=NUM_IMAGES, shape=DIGITS), load_suite("depth")
    environment = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    for number, arm in enumerate(suite.arms.values()):
        for seed in range(suite.num_seeds):
            trial = Trial(architecture=arm.architecture, dataset=images.identity(), recipe=RECIPES["quick"], seed=seed)
            error = number + seed / 10
            final = Final(train_loss=0.1, train_error_pct=error, test_loss=0.1, test_error_pct=error)
            epochs = tuple(Epoch(epoch=epoch + 1, train_seconds=1.0, eval_seconds=0.1, **asdict(final)) for epoch in range(10))
            result = TrialResult(
                trial=trial,
                status="ok",
                data=images.facts,
                cost=Cost(params=1000, macs=2000, activations=30),
                final=final,
                history=epochs,
                environment=environment,
            )
            out.trials.write(result)
    return lambda: make_reports(out.folder, "depth")
