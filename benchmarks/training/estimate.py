"""Estimate how long a study takes: from its records if there are any, otherwise from a few timed training steps.

Networks that differ only in depth share two timings, of one and of three blocks in each stage, because every further block takes as long as
the one before it. Networks that differ only in how their weights start share one. On a CPU, a torchvision or course network with very many
parameters is estimated from a smaller one, roughly, by parameters and multiply-adds. Timings are kept
in the user's cache for a day, for this machine, its torch, and the source that trains.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, Any, Self

from benchmarks.spec.images import Images
from benchmarks.spec.schedule import num_batches
from benchmarks.spec.trial import Arm, Trial, key_of, without_defaults
from benchmarks.store.environment import THREADS_PER_TRIAL, Checkout, describe
from benchmarks.store.trials import TrialResult, meaning_of
from benchmarks.training.counts import Counts
from benchmarks.training.device import resolve_device
from benchmarks.training.kept import Kept, source_digest
from resnet_variants.architecture import Architecture
from resnet_variants.block_kinds import BLOCKS, CIFAR_STAGES
from resnet_variants.by_numbers import Complexity
from resnet_variants.variant import Fixed, Perceptron, Variant

if TYPE_CHECKING:
    from benchmarks.training.step_timer import StepTimer  # it loads torch

FEW_BLOCKS, MORE_BLOCKS = 1, 3  # in each stage of the two networks that stand for deeper ones
MANY_PARAMS = 50_000_000
LIGHTER = Fixed(network="lecture_resnet34")  # timed in place of networks with more, on a whole batch and on a few images
FEW_IMAGES = 2  # batch norm needs two for a variance


class StepTimes:
    """Seconds per training step by network, images and recipe, each timed once; a context manager that keeps them in the user's cache.

    With `only_known` nothing is timed: a step that is not in the cache raises ValueError.
    """

    def __init__(self, device: str, counts: Counts | None = None, *, only_known: bool = False) -> None:
        resolve_device(device)
        self.device, self.only_known = device, only_known
        environment = describe(device=device, num_threads=THREADS_PER_TRIAL, checkout=Checkout(commit=None, is_dirty=None))
        fields = asdict(environment)
        machine = {
            name: fields[name] for name in ("processor", "instructions", "num_cores", "device", "gpu", "num_threads", "system")
        }
        self.kept = Kept("step-seconds", machine | {"torch": environment.versions.get("torch"), "source": source_digest()})
        self.counts = counts or Counts()
        self.timer: StepTimer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.kept.__exit__(*error)

    def seconds(self, trial: Trial, images: Images) -> float:
        """Return the seconds per training step of the trial's network; those of a deep network follow from two shallow ones of its kind.

        Raises:
            ValueError: the network does not train on these images.
        """
        network, batch = (
            trial.architecture,
            min(trial.recipe.batch_size, trial.num_images(images.facts.of_trial(trial).num_train)),
        )
        heavy = self._heavy(trial, images) if batch > FEW_IMAGES else None
        if heavy is not None:
            return self._from_lighter(trial, images, heavy, batch)
        few, more = (_with_blocks(network, number) for number in (FEW_BLOCKS, MORE_BLOCKS))
        if few is None or more is None or network.depth <= more.depth:
            return self._timed_once(trial, images, batch)
        least, some = (self._timed_once(replace(trial, architecture=shallow), images, batch) for shallow in (few, more))
        return some + max(0.0, some - least) / (more.depth - few.depth) * (network.depth - more.depth)

    def _heavy(self, trial: Trial, images: Images) -> Complexity | None:
        """Return the cost of a network that is too large to time, or None if it is timed (also if it cannot train: timing gives the reason)."""
        if not isinstance(trial.architecture, Fixed) or self.device != "cpu":
            return None
        try:
            complexity = self.counts.of(trial.architecture, images.facts.task(trial.recipe))
        except ValueError:
            return None
        return complexity if complexity.params > MANY_PARAMS else None

    def _from_lighter(self, trial: Trial, images: Images, heavy: Complexity, batch: int) -> float:
        """Estimate a step from a smaller network: the time of its images scales with multiply-adds, the rest with parameters."""
        lighter = replace(trial, architecture=LIGHTER)
        whole, part = (self._timed_once(lighter, images, number) for number in (batch, FEW_IMAGES))
        light = self.counts.of(LIGHTER, images.facts.task(trial.recipe))
        of_images = max(0.0, whole - part) * batch / (batch - FEW_IMAGES)
        return of_images * heavy.macs / light.macs + max(0.0, whole - of_images) * heavy.params / light.params

    def _timed_once(self, trial: Trial, images: Images, num_images: int) -> float:
        recipe, network = trial.recipe, _started_as_usual(trial.architecture)
        key = key_of(
            {
                "network": without_defaults(network),
                "meaning": meaning_of(network),
                "task": asdict(images.facts.task(recipe)),
                "recipe": [num_images, recipe.augment, recipe.precision, recipe.optimizer, recipe.momentum > 0],
            }
        )
        found = self.kept.values.get(key)
        if not isinstance(found, float) or found <= 0:
            if self.only_known:
                raise ValueError(f"a training step of {key} was not timed on this machine in the last day")
            found = self._timer().seconds(trial, images, num_images)
            self.kept.add(key, found)
        return found

    def _timer(self) -> "StepTimer":
        from benchmarks.training.step_timer import StepTimer

        self.timer = self.timer or StepTimer(self.device)
        return self.timer


def seconds_by_arm(
    trials: Iterable[Trial],
    done: Iterable[TrialResult],
    images: Images,
    steps: StepTimes,
    arm_of: Callable[[Trial], Arm] = attrgetter("arm"),
) -> dict[Arm, float]:
    """Return the seconds that one trial of each arm takes in one worker.

    Raises:
        ValueError: a network cannot be trained on these images.
    """
    known: dict[Arm, list[float]] = {}
    for result in done:
        seconds = sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
        known.setdefault(arm_of(result.trial), []).append(seconds)
    one_each = {arm_of(trial): trial for trial in trials}
    return {
        arm: median(known[arm]) if arm in known else _trial_seconds(trial, images, steps.seconds(trial, images))
        for arm, trial in one_each.items()
    }


def _trial_seconds(trial: Trial, images: Images, step_seconds: float) -> float:
    """Return the seconds of a whole trial: its steps, the test set after every epoch, and its training images at the end."""
    facts = images.facts.of_trial(trial)
    num_steps = trial.recipe.num_iterations(num_batches(facts.num_train, trial.recipe.batch_size))
    evaluated = trial.num_passes(facts.num_train) * facts.num_test + trial.num_images(facts.num_train)
    return step_seconds * (num_steps + evaluated / trial.recipe.batch_size / 3)  # forward is a third of a step


def _with_blocks(network: object, num_blocks: int) -> Architecture | None:
    """Return the network with `num_blocks` blocks in each stage; None if its stages differ in length, or each block takes longer than the last."""
    if not isinstance(network, Architecture) or network.template != "cifar" or network.aggregate == "attention-full":
        return None
    return replace(network, depth=CIFAR_STAGES * BLOCKS[network.block].convolutions * num_blocks + 2)


def _started_as_usual(network: Variant) -> Variant:
    """Return the network with default initial values, which takes the same time."""
    if isinstance(network, Architecture):
        return replace(network, gate_bias=0.0, zero_gamma=False)
    return replace(network, zero_gamma=False) if isinstance(network, Perceptron) else network
