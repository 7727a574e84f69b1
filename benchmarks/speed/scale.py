"""How long does the full study take on many GPUs? An estimate: python -m benchmarks.speed.scale

The study is every suite on CIFAR-10 and CIFAR-100 with the recipe he2015 and ten seeds, and one training of every ImageNet network. One step of each
arm is measured in one process of this machine, in one to five minutes; the number of steps then gives the time of a trial. A GPU's speed is
the measured one, or `--images-per-second` training images of ResNet-20 over `--trials-per-gpu` trials, with every arm faster by the same factor.
ImageNet networks are scaled by their multiply-adds from the published rate of ResNet-50. Trials are then scheduled as in a run, each in the first
free place. `--again FILE` takes the measured steps from the file of an earlier run.
"""

import heapq
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.cli.plan import plan, resolve_recipe
from benchmarks.measuring.cost import cost_of
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.survey import load_survey
from benchmarks.spec.timing import PASSES
from benchmarks.spec.trial import Arm
from benchmarks.speed.random_images import random_images
from benchmarks.store.environment import THREADS_PER_TRIAL, describe, read_checkout
from benchmarks.store.files import write_whole
from benchmarks.training.estimate import StepTimes, seconds_by_arm
from resnet_variants.command import start
from resnet_variants.registry import parse

DATA_SETS, NUM_SEEDS, GPUS = ("cifar10", "cifar100"), 10, (1, 8, 64, 512)
NUM_TRAIN, NUM_TEST = 50_000, 10_000
# of ResNet-20 in bf16 on one H200, over eight lanes and for one trial (results/reference/speed/gpu-training-nvidia-h200.json)
MEASURED_IMAGES_PER_SECOND, TRIALS_PER_GPU, ONE_TRIAL_IMAGES_PER_SECOND = 104_856.0, 8, 56_722.0
RESNET20 = Arm(architecture=parse("resnet20"))
IMAGENET_IMAGES, IMAGENET_EPOCHS = 1_281_167, 90
# ResNet-50 in mixed precision on one A100 (NVIDIA DeepLearningExamples, PyTorch/Classification/ConvNets/resnet50v1.5, training performance)
IMAGENET_IMAGES_PER_SECOND = 2470.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperTrial:
    """A hypothetical trial: the seed and depth that decide its order, and its seconds."""

    seed: int
    depth: int
    seconds: float


def placed(work: Iterable[PaperTrial], num_places: int) -> float:
    """Return the seconds until the last trial ends, in the order of a run (seed by seed, deep networks first) on the first free place."""
    places = [0.0] * num_places
    for trial in sorted(work, key=lambda trial: (trial.seed, -trial.depth)):
        heapq.heapreplace(places, places[0] + trial.seconds)
    return max(places)


def measure() -> tuple[dict[str, list[Arm]], dict[Arm, float]]:
    """Return each suite's arms that no earlier suite has, and the seconds of a trial of each arm in one process of this machine."""
    images = random_images(num_train=NUM_TRAIN, num_test=NUM_TEST)
    suites: dict[str, list[Arm]] = {}
    known: dict[Arm, float] = {}
    steps = StepTimes("cpu")
    for name in suite_names():
        recipe = resolve_recipe(recipe_of(load_suite(name)), "cpu")
        suite = load_suite(name).under(recipe)
        suites[name] = [arm for arm in dict.fromkeys(suite.arms.values()) if arm not in known]
        trials = plan(suites[name], images, recipe, 1)
        arms = {trial: arm for trial in trials if (arm := suite.arm_of(trial))}
        known |= seconds_by_arm(trials, (), images, steps, arms.__getitem__)
        total = sum(known[arm] for arm in suites[name])
        typer.echo(f"{name}: {len(suites[name])} arms, {total / 3600:.1f} hours on one core per seed and data set")
    return suites, known


def recipe_of(suite: Suite) -> Recipe:
    """Return the recipe he2015; a suite that needs large images keeps its enlargement."""
    if RECIPES[suite.recipe].augment == "enlarge-crop":
        return replace(RECIPES["he2015"], augment="enlarge-crop", normalise="channel", precision="native")
    return replace(RECIPES["he2015"], precision="native")


def imagenet_seconds() -> list[float]:
    """Return the seconds of one training of each ImageNet network on one GPU, by its multiply-adds at ResNet-50's published rate."""
    survey = load_survey("imagenet")
    macs = {label: cost_of(network, network.task).macs for label, network in survey.networks.items()}
    rate = IMAGENET_IMAGES_PER_SECOND * macs["resnet50"]
    return [IMAGENET_EPOCHS * IMAGENET_IMAGES * network_macs / rate for network_macs in macs.values()]


def measured_before(file: Path) -> tuple[dict[str, list[Arm]], dict[Arm, float]]:
    """Return what `measure` returned in the run that wrote this file, which must have been made with the suites as they are now.

    Raises:
        ValueError: the file holds no such measurements, or those of other arms.
    """
    found = json.loads(file.read_text()).get("arm_core_seconds", {})
    suites: dict[str, list[Arm]] = {}
    known: dict[Arm, float] = {}
    for name in suite_names():
        suites[name] = [arm for arm in dict.fromkeys(load_suite(name).arms.values()) if arm not in known]
        missing = [arm.label for arm in suites[name] if arm.label not in found]
        if missing:
            raise ValueError(f"{file} has no measurement of {missing[0]}: run without --again")
        known |= {arm: found[arm.label] for arm in suites[name]}
    return suites, known


def on_paper(
    suites: dict[str, list[Arm]], core_seconds: dict[Arm, float], images_per_second: float, trials_per_gpu: int
) -> dict[str, Any]:
    """Return the size of the study and its hours for each number of GPUs."""
    recipe = RECIPES["he2015"]
    core_images_per_second = (recipe.iterations or 0) * recipe.batch_size / core_seconds[RESNET20]
    factor = images_per_second / core_images_per_second
    num_copies = len(DATA_SETS) * NUM_SEEDS
    work = [
        PaperTrial(seed=seed, depth=arm.architecture.depth, seconds=seconds * trials_per_gpu / factor)
        for seed in range(NUM_SEEDS)
        for arm, seconds in core_seconds.items()
        for _ in DATA_SETS
    ]
    imagenet = [PaperTrial(seed=0, depth=0, seconds=seconds) for seconds in sorted(imagenet_seconds(), reverse=True)]
    return {
        "suites": {
            name: {
                "arms": len(arms),
                "trials": len(arms) * num_copies,
                "core_hours": _hours(core_seconds[arm] for arm in arms) * num_copies,
            }
            for name, arms in suites.items()
        },
        "trials": len(work),
        "core_hours": _hours(core_seconds.values()) * num_copies,
        "longest_trial_core_hours": max(core_seconds.values()) / 3600,
        "core_images_per_second": core_images_per_second,
        "gpu_images_per_second": images_per_second,
        "trials_per_gpu": trials_per_gpu,
        "arm_core_seconds": {arm.label: seconds for arm, seconds in core_seconds.items()},
        "longest_trial_gpu_hours": max(trial.seconds for trial in work) / 3600,
        "cifar_hours": {str(number): placed(work, number * trials_per_gpu) / 3600 for number in GPUS},
        "imagenet_networks": len(imagenet),
        "imagenet_images_per_second": IMAGENET_IMAGES_PER_SECOND,
        "imagenet_hours": {str(number): placed(imagenet, number) / 3600 for number in GPUS},
        "passes": PASSES["train"],
    }


def _hours(seconds: Iterable[float]) -> float:
    return sum(seconds) / 3600


def main(
    images_per_second: Annotated[
        float, typer.Option(min=1, help="Speed of a GPU: training images of ResNet-20 per second, over all its trials.")
    ] = MEASURED_IMAGES_PER_SECOND,
    trials_per_gpu: Annotated[int, typer.Option(min=1, help="Trials at once on a GPU at that speed.")] = TRIALS_PER_GPU,
    again: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Measure nothing; take the steps of this file."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the values as JSON.")] = None,
) -> None:
    """Estimate how long the full study takes on 1, 8, 64 and 512 GPUs."""
    try:
        found = measured_before(again) if again else measure()
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    study = on_paper(*found, images_per_second, trials_per_gpu)
    study["cifar_hours_one_trial"] = on_paper(*found, ONE_TRIAL_IMAGES_PER_SECOND, 1)["cifar_hours"]
    typer.echo(f"{study['trials']} trials, {study['core_hours']:,.0f} hours on one core of this machine")
    typer.echo("GPUs   CIFAR, hours   with one trial per GPU   ImageNet, hours")
    for number in map(str, GPUS):
        hours = (study[column][number] for column in ("cifar_hours", "cifar_hours_one_trial", "imagenet_hours"))
        typer.echo("{:>4}   {:12.1f}   {:22.1f}   {:15.1f}".format(number, *hours))
    study["environment"] = asdict(describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(study, indent=2) + "\n")


if __name__ == "__main__":
    start(main)
