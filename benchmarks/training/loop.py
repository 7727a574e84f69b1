"""Build, train and evaluate a network by a recipe.

All arms are treated alike. All randomness comes from the seed: weights, order, crops and dropout each have a generator of their own, so that
all arms see the same order and crops for a given seed. Nothing is read back from the device within an epoch; what happens is told in turns, so that
several trials can share a process (see `turns`).

Axes: B images of a batch, C channels, H rows, W columns, K classes, S whole batches of an epoch, D numbers drawn per image.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.recipe import ALTERNATING, Recipe
from benchmarks.spec.schedule import learning_rate_at, num_batches
from benchmarks.spec.trial import TWIN, Trial
from benchmarks.store.strict_json import finite
from benchmarks.store.trials import Epoch
from benchmarks.training.batches import DeviceImages, EpochDraws, to_device
from benchmarks.training.generators import PURPOSES, generator_of, mirrored_in, subset_order
from benchmarks.training.pixels import DeviceSplit
from benchmarks.training.steps import Steps, forward, set_rate, update
from benchmarks.training.turns import Queued, Turn, Turns, bring_home, run_to_end
from resnet_variants.build import build
from resnet_variants.dropout import draw_from
from resnet_variants.layout import in_channels_last
from resnet_variants.whose import is_users

EVALUATION_BATCHES = {"cpu": 500, "mps": 500, "cuda": 2500}  # batch sizes; fewer images do not fill a GPU


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Mean loss, error rate in %, and predictions."""

    loss: float
    error_pct: float
    predictions: tuple[int, ...]


def fresh_network(trial: Trial, images: DeviceImages) -> nn.Module:
    """Return the trial's network on the device, with weights drawn from the seed; a twin's are others."""
    purpose = "weights of the twin" if trial.control == TWIN else "weights"
    network = build(trial.architecture, images.facts.task(trial.recipe), generator=generator_of(trial.seed, purpose))
    return in_channels_last(network.to(images.device))


class Training:
    """Training of a network by a recipe, one epoch at a time.

    With `uses_graph` (default on a CUDA device) steps on whole batches are recorded once and replayed. With `is_compiled` these steps use
    torch.compile, and the training fails instead of falling back to eager mode. `steps` are those of another trial's training, to be taken over.
    """

    def __init__(
        self,
        trial: Trial,
        network: nn.Module,
        images: DeviceImages,
        *,
        uses_graph: bool | None = None,
        is_compiled: bool = False,
        steps: Steps | None = None,
    ) -> None:
        assert not images.is_undivided, "a pool needs the view of the trial"
        recipe = trial.recipe
        self.trial = trial
        self.network = network
        self.images = images
        self.generators = {purpose: generator_of(trial.seed, purpose) for purpose in PURPOSES}
        draw_from(network, self.generators)
        # a GPU, compiled networks and users' networks draw from the global generator
        torch.manual_seed(self.generators["dropout"].initial_seed())
        # the schedule counts epochs of all images: a part of them is seen more often, not trained on for less time
        self.iterations_per_epoch = num_batches(len(images.train), recipe.batch_size)
        self.num_iterations = recipe.num_iterations(self.iterations_per_epoch)
        shuffled_N = subset_order(trial.seed, len(images.train))
        self.rows_N = shuffled_N[: trial.num_images(len(images.train))].sort().values  # usually all images, in order
        on_cuda = images.device.type == "cuda"
        self.steps = steps or Steps(
            network,
            recipe,
            images,
            len(self.rows_N) // recipe.batch_size,
            uses_graph=on_cuda if uses_graph is None else uses_graph,
            is_compiled=is_compiled,
        )
        self.iteration = 0
        self.history: list[Epoch] = []
        self.warmed_up = False
        self.has_diverged = False
        self.predictions: tuple[int, ...] = ()

    @property
    def drawn_in_steps(self) -> list[torch.Generator]:
        """Generators from which a step's modules draw."""
        return [self.generators[purpose] for purpose in ("dropout", "drop path")]

    @property
    def is_finished(self) -> bool:
        """Whether the recipe is complete or the loss is no longer finite."""
        return self.has_diverged or self.iteration >= self.num_iterations

    def can_go_on_with(self, trial: Trial) -> bool:
        """Return whether `follow_with` can train this trial: another seed or rate of a network without users' code (it may hold other state)."""
        mine, other = (
            replace(one, seed=0, split=None, recipe=replace(one.recipe, learning_rate=1.0)) for one in (self.trial, trial)
        )
        return mine == other and not is_users(trial.architecture)

    def follow_with(self, trial: Trial, images: DeviceImages) -> "Training":
        """Return the training of another seed or rate in the tensors of this one, which has ended: nothing is recorded or compiled again."""
        self.images.take_over(images)
        self.steps.start_anew(fresh_network(trial, self.images))
        return Training(trial, self.network, self.images, steps=self.steps)

    def run_epoch(self) -> Epoch:
        """Train for one epoch, or for the rest of the recipe, and evaluate the test set."""
        return run_to_end(self.epoch_in_turns())

    def epoch_in_turns(self) -> Turns[Epoch]:
        """Run an epoch, and pause after every step."""
        recipe = self.trial.recipe
        start = time.perf_counter()
        loss, error_pct = yield from self._train_epoch()
        self.has_diverged = not math.isfinite(loss)
        limit = recipe.warmup_until_train_error_pct
        self.warmed_up = self.warmed_up or (limit is not None and error_pct < limit)
        middle = time.perf_counter()
        test = yield from evaluate_in_turns(self.network, self.images, self.images.test, recipe)
        self.predictions = test.predictions
        epoch = Epoch(
            epoch=len(self.history) + 1,
            train_loss=finite(loss),
            train_error_pct=error_pct,
            test_loss=finite(test.loss),
            test_error_pct=test.error_pct,
            train_seconds=middle - start,
            eval_seconds=time.perf_counter() - middle,
        )
        self.history.append(epoch)
        return epoch

    def _train_epoch(self) -> Turns[tuple[float, float]]:
        """Train for one epoch; return its running loss and error."""
        self.network.train()
        draws, left = self.draw_epoch(), self.num_iterations - self.iteration
        rest_DB = draws.rest_DB if len(draws.whole_SDB) < left else None
        losses_S, wrongs_S = yield from self._run_steps(draws.whole_SDB[:left])
        num_images = len(losses_S) * self.trial.recipe.batch_size
        losses, wrongs = [losses_S * self.trial.recipe.batch_size], [wrongs_S]
        if rest_DB is not None:
            loss, wrong = self.step(*self.images.batch(self.trial.recipe, to_device(rest_DB, self.images.device)))
            losses.append(loss[None] * rest_DB.shape[1])
            wrongs.append(wrong[None])
            num_images += rest_DB.shape[1]
        all_losses, all_wrongs = yield from bring_home(torch.cat(losses), torch.cat(wrongs))
        return all_losses.double().sum().item() / num_images, 100 * all_wrongs.sum().item() / num_images

    def _run_steps(self, draws_SDB: Tensor) -> Turns[tuple[Tensor, Tensor]]:
        """Take a step on each whole batch; return the losses and the numbers of errors, left on the device."""
        num_steps, queued = len(draws_SDB), Queued(self.images.device)
        rates = [self._rate_at(self.iteration + number) for number in range(num_steps)]
        if num_steps:
            self.steps.load(draws_SDB, rates)
        for rate in rates:
            self.steps.run(rate, self.drawn_in_steps)
            self.iteration += 1
            yield Turn.WORKED
            yield from queued.add()
        return self.steps.losses_S[:num_steps], self.steps.wrongs_S[:num_steps]

    def step_on(self, draws_DB: Tensor) -> tuple[Tensor, Tensor]:
        """Take a step as in an epoch on one batch by its draws; return its mean loss and number of errors, both on the device."""
        if draws_DB.shape[1] < self.trial.recipe.batch_size:
            return self.step(*self.images.batch(self.trial.recipe, to_device(draws_DB, self.images.device)))
        rate = self._rate_at(self.iteration)
        self.steps.load(draws_DB[None], [rate])
        self.steps.run(rate, self.drawn_in_steps)
        self.iteration += 1
        return self.steps.losses_S[0].clone(), self.steps.wrongs_S[0].clone()

    def draw_epoch(self) -> EpochDraws:
        """Draw the batches of the next epoch, in a new random order."""
        recipe, order, crops = self.trial.recipe, self.generators["order"], self.generators["crops"]
        mirrored_N = None
        if recipe.augment == ALTERNATING:
            mirrored_N = mirrored_in(self.trial.seed, len(self.images.train), len(self.history))
        return self.images.draw_epoch(recipe, self.rows_N, order=order, crops=crops, mirrored_N=mirrored_N)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of the next epoch: (x_BCHW, labels_B)."""
        for draws_DB in self.draw_epoch():
            yield self.images.batch(self.trial.recipe, to_device(draws_DB, self.images.device))

    def step(self, x_BCHW: Tensor, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        """Take an ordinary step, neither recorded nor compiled, on any batch; return its mean loss and number of errors, both on the device."""
        set_rate(self.steps.optimizer, self._rate_at(self.iteration))
        loss, wrong = update(self.network, self.steps.optimizer, self.trial.recipe, x_BCHW, labels_B)
        self.iteration += 1
        return loss, wrong

    def _rate_at(self, iteration: int) -> float:
        return learning_rate_at(
            self.trial.recipe,
            iteration,
            iterations_per_epoch=self.iterations_per_epoch,
            depth=self.trial.architecture.depth,
            warmed_up=self.warmed_up,
        )


def evaluate(network: nn.Module, images: DeviceImages, split: DeviceSplit, recipe: Recipe) -> Scores:
    """Evaluate the network on a whole split, in evaluation mode."""
    return run_to_end(evaluate_in_turns(network, images, split, recipe))


def evaluate_in_turns(network: nn.Module, images: DeviceImages, split: DeviceSplit, recipe: Recipe) -> Turns[Scores]:
    """Evaluate the network on a whole split, and pause after every batch; the predictions come home once."""
    network.eval()
    losses, answers = [], []
    for x_BCHW, labels_B in images.evaluation_batches(split, recipe, batch_size=EVALUATION_BATCHES[images.device.type]):
        with torch.inference_mode():
            scores_BK = forward(network, x_BCHW, recipe)
            losses.append(F.cross_entropy(scores_BK, labels_B, reduction="sum"))
            answers.append(scores_BK.argmax(1))
        yield Turn.WORKED
    with torch.inference_mode():
        predictions_N = torch.cat(answers)
        found = torch.stack(losses), predictions_N, (predictions_N != split.labels_N).sum()
    loss, predictions_N, wrong = yield from bring_home(*found)
    return Scores(
        loss=loss.double().sum().item() / len(split),
        error_pct=100 * int(wrong) / len(split),
        predictions=tuple(predictions_N.tolist()),
    )
