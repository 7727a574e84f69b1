"""Build, train and evaluate a network by a recipe.

All arms are treated alike. All randomness comes from the seed: weights, order, crops and dropout each have a generator of their own, so that
all arms see the same order and crops for a given seed. Nothing is read back from the device within an epoch.

Axes: B images of a batch, C channels, H rows, W columns, K classes.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.recipe import Recipe
from benchmarks.spec.schedule import learning_rate_at, num_batches
from benchmarks.spec.trial import Trial
from benchmarks.store.strict_json import finite
from benchmarks.store.trials import Epoch
from benchmarks.training.batches import DeviceImages, DeviceSplit
from benchmarks.training.cuda_graphs import Recorded
from resnet_variants.build import build
from resnet_variants.dropout import draw_dropout_from

EVALUATION_BATCHES = {"cpu": 500, "mps": 500, "cuda": 2500}  # batch sizes; fewer images do not fill a GPU
Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Mean loss, error rate in %, and predictions."""

    loss: float
    error_pct: float
    predictions: tuple[int, ...]


def generator_of(seed: int, purpose: str) -> torch.Generator:
    """Return a generator for one purpose, seeded only by the trial's seed and the purpose's name."""
    return torch.Generator().manual_seed(int(sha256(f"{purpose} {seed}".encode()).hexdigest()[:15], 16))


def fresh_network(trial: Trial, images: DeviceImages) -> nn.Module:
    """Return the trial's network on the device, with weights drawn from the seed."""
    network = build(trial.architecture, images.original.facts.task(trial.recipe), generator=generator_of(trial.seed, "weights"))
    network.to(images.device)
    network.to(memory_format=torch.channels_last)
    return network


class Training:
    """Training of a network by a recipe, one epoch at a time.

    With `uses_graph` (default on a CUDA device) steps on whole batches are recorded once and replayed. With `is_compiled` these steps use
    torch.compile, and the training fails instead of falling back to eager mode.
    """

    def __init__(
        self, trial: Trial, network: nn.Module, images: DeviceImages, *, uses_graph: bool | None = None, is_compiled: bool = False
    ) -> None:
        recipe = trial.recipe
        self.trial = trial
        self.network = network
        self.images = images
        on_cuda = images.device.type == "cuda"
        self.uses_graph = on_cuda if uses_graph is None else uses_graph
        self.is_compiled = is_compiled
        self.scores = compiled(network) if is_compiled else network
        self.recorded: Recorded | None = None
        self.order = generator_of(trial.seed, "order")
        self.crops = generator_of(trial.seed, "crops")
        self.dropout = generator_of(trial.seed, "dropout")
        draw_dropout_from(network, self.dropout)
        # a GPU, compiled networks and users' networks draw from the global generator
        torch.manual_seed(self.dropout.initial_seed())
        rate = recipe.learning_rate
        self.optimizer = torch.optim.SGD(
            network.parameters(),
            lr=torch.tensor(rate, device=images.device) if on_cuda else rate,  # a tensor, because a graph reads it
            momentum=recipe.momentum,
            nesterov=recipe.nesterov,
            weight_decay=recipe.weight_decay,
            fused=images.device.type in ("cpu", "cuda"),
        )
        # the schedule counts epochs of all images: a part of them is seen more often, not trained on for less time
        self.iterations_per_epoch = num_batches(len(images.train), recipe.batch_size)
        self.num_iterations = recipe.num_iterations(self.iterations_per_epoch)
        shuffled_N = torch.randperm(len(images.train), generator=generator_of(trial.seed, "subset"))
        self.rows_N = shuffled_N[: trial.num_images(len(images.train))].sort().values  # usually all images, in order
        self.iteration = 0
        self.history: list[Epoch] = []
        self.warmed_up = False
        self.has_diverged = False
        self.predictions: tuple[int, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether the recipe is complete or the loss is no longer finite."""
        return self.has_diverged or self.iteration >= self.num_iterations

    def run_epoch(self) -> Epoch:
        """Train for one epoch, or for the rest of the recipe, and evaluate the test set."""
        recipe = self.trial.recipe
        start = time.perf_counter()
        loss, error_pct = self._train_epoch()
        self.has_diverged = not math.isfinite(loss)
        limit = recipe.warmup_until_train_error_pct
        self.warmed_up = self.warmed_up or (limit is not None and error_pct < limit)
        middle = time.perf_counter()
        test = evaluate(self.network, self.images, self.images.test, recipe)
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

    def _train_epoch(self) -> tuple[float, float]:
        """Train for one epoch; return its running loss and error."""
        self.network.train()
        losses, wrongs, num_images = [], [], 0
        for x_BCHW, labels_B in self.batches():
            if self.iteration >= self.num_iterations:
                break
            loss, wrong = self.step(x_BCHW, labels_B)
            losses.append(loss * len(labels_B))
            wrongs.append(wrong)
            num_images += len(labels_B)
        total_loss = torch.stack(losses).cpu().double().sum().item()
        return total_loss / num_images, 100 * torch.stack(wrongs).sum().item() / num_images

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of the next epoch, in a new random order."""
        return self.images.training_batches(self.trial.recipe, self.rows_N, order=self.order, crops=self.crops)

    def step(self, x_BCHW: Tensor, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step of SGD; return the batch's mean loss and number of errors, both left on the device."""
        rate = learning_rate_at(
            self.trial.recipe,
            self.iteration,
            iterations_per_epoch=self.iterations_per_epoch,
            depth=self.trial.architecture.depth,
            warmed_up=self.warmed_up,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], Tensor) else rate
        is_whole = len(labels_B) == self.trial.recipe.batch_size  # a smaller last batch is neither recorded nor compiled
        if self.uses_graph and is_whole:
            self.recorded = self.recorded or self._record(x_BCHW, labels_B)
            loss, wrong = self.recorded(x_BCHW, labels_B)
        else:
            loss, wrong = update(self.scores if is_whole else self.network, self.optimizer, self.trial.recipe, x_BCHW, labels_B)
        self.iteration += 1
        return loss, wrong

    def _record(self, x_BCHW: Tensor, labels_B: Tensor) -> Recorded:
        """Record a step on batches of this shape. Momentum buffers are created first, as zeros, which does not change the result."""
        momenta = []
        if self.trial.recipe.momentum:
            for parameter in self.network.parameters():
                momenta.append(self.optimizer.state[parameter].setdefault("momentum_buffer", torch.zeros_like(parameter)))
        changes = [*self.network.parameters(), *self.network.buffers(), *momenta]
        work = partial(update, self.scores, self.optimizer, self.trial.recipe)
        return Recorded(work, (x_BCHW, labels_B), changes, [self.dropout])


def update(
    network: Forward, optimizer: torch.optim.Optimizer, recipe: Recipe, x_BCHW: Tensor, labels_B: Tensor
) -> tuple[Tensor, Tensor]:
    """Run forward, backward and the optimizer's step; return the batch's mean loss and number of errors."""
    scores_BK = forward(network, x_BCHW, recipe)
    loss = F.cross_entropy(scores_BK, labels_B)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach(), (scores_BK.detach().argmax(1) != labels_B).sum()


def compiled(network: nn.Module) -> Forward:
    """Return the network compiled by torch.compile, whole and for one shape; earlier compilations are dropped and count towards no limit."""
    torch._dynamo.reset()
    scores: Forward = torch.compile(network, fullgraph=True, dynamic=False)
    return scores


def forward(network: Forward, x_BCHW: Tensor, recipe: Recipe) -> Tensor:
    """Return the scores in fp32, computed in the recipe's precision."""
    with torch.autocast(x_BCHW.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
        scores_BK = network(x_BCHW)
    return scores_BK.float()


@torch.inference_mode()
def evaluate(network: nn.Module, images: DeviceImages, split: DeviceSplit, recipe: Recipe) -> Scores:
    """Evaluate the network on a whole split, in evaluation mode."""
    network.eval()
    losses, answers = [], []
    for x_BCHW, labels_B in images.evaluation_batches(split, recipe, batch_size=EVALUATION_BATCHES[images.device.type]):
        scores_BK = forward(network, x_BCHW, recipe)
        losses.append(F.cross_entropy(scores_BK, labels_B, reduction="sum"))
        answers.append(scores_BK.argmax(1))
    predictions_N = torch.cat(answers)
    wrong = int((predictions_N != split.labels_N).sum())
    return Scores(
        loss=torch.stack(losses).cpu().double().sum().item() / len(split),
        error_pct=100 * wrong / len(split),
        predictions=tuple(predictions_N.tolist()),
    )
