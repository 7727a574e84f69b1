"""A network on its way through a recipe: build, train, evaluate.

Every arm is treated alike, and whatever is random comes from the seed: weights, order, crops and dropout each have a generator of their own, so that
order and crops are the same for every arm at one seed. Nothing is read back from the device inside an epoch.

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

EVALUATION_BATCHES = {"cpu": 500, "mps": 500, "cuda": 2500}  # images; a GPU is not filled by fewer
Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Mean loss, share of wrong answers, and the answers."""

    loss: float
    error_pct: float
    predictions: tuple[int, ...]


def generator_of(seed: int, purpose: str) -> torch.Generator:
    """A generator for one purpose, its state made from the trial's seed and the purpose's name alone."""
    return torch.Generator().manual_seed(int(sha256(f"{purpose} {seed}".encode()).hexdigest()[:15], 16))


def fresh_network(trial: Trial, images: DeviceImages) -> nn.Module:
    """The trial's network on the device, its weights drawn from the seed."""
    network = build(trial.architecture, images.original.facts.task(trial.recipe), generator=generator_of(trial.seed, "weights"))
    network.to(images.device)
    network.to(memory_format=torch.channels_last)
    return network


class Training:
    """A network on its way through a recipe, an epoch at a time.

    With `uses_graph`, which is how it is on a CUDA device, steps on whole batches are recorded once and replayed. With `is_compiled` their
    network is what torch.compile makes of it, or the training fails: it never falls back.
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
        torch.manual_seed(
            self.dropout.initial_seed()
        )  # a GPU, a compiled network and networks of others draw from the global one
        rate = recipe.learning_rate
        self.optimizer = torch.optim.SGD(
            network.parameters(),
            lr=torch.tensor(rate, device=images.device) if on_cuda else rate,  # where a graph reads it
            momentum=recipe.momentum,
            nesterov=recipe.nesterov,
            weight_decay=recipe.weight_decay,
            fused=images.device.type in ("cpu", "cuda"),
        )
        # the schedule counts in passes over all images, so that a part of them is seen more often and not less trained on
        self.iterations_per_epoch = num_batches(len(images.train), recipe.batch_size)
        self.num_iterations = recipe.num_iterations(self.iterations_per_epoch)
        shuffled_N = torch.randperm(len(images.train), generator=generator_of(trial.seed, "subset"))
        self.rows_N = shuffled_N[: trial.num_images(len(images.train))].sort().values  # all of them, in order, as a rule
        self.iteration = 0
        self.history: list[Epoch] = []
        self.warmed_up = False
        self.has_diverged = False
        self.predictions: tuple[int, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether the recipe has come to its end, or the loss has left the numbers."""
        return self.has_diverged or self.iteration >= self.num_iterations

    def run_epoch(self) -> Epoch:
        """Train for one pass, or what is left of the recipe, and evaluate the test set."""
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
        """The running loss and error of one pass."""
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
        """The next pass over the training set, in an order of its own."""
        return self.images.training_batches(self.trial.recipe, self.rows_N, order=self.order, crops=self.crops)

    def step(self, x_BCHW: Tensor, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        """One step of SGD: the batch's mean loss and its number of wrong answers, left on the device."""
        rate = learning_rate_at(
            self.trial.recipe,
            self.iteration,
            iterations_per_epoch=self.iterations_per_epoch,
            depth=self.trial.architecture.depth,
            warmed_up=self.warmed_up,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], Tensor) else rate
        is_whole = len(labels_B) == self.trial.recipe.batch_size  # a last, smaller batch is taken as it comes
        if self.uses_graph and is_whole:
            self.recorded = self.recorded or self._record(x_BCHW, labels_B)
            loss, wrong = self.recorded(x_BCHW, labels_B)
        else:
            loss, wrong = update(self.scores if is_whole else self.network, self.optimizer, self.trial.recipe, x_BCHW, labels_B)
        self.iteration += 1
        return loss, wrong

    def _record(self, x_BCHW: Tensor, labels_B: Tensor) -> Recorded:
        """A step on batches of this shape; the momentum that a first step would make is there before, as zeros, which gives the same."""
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
    """Forward, backward, and the optimizer's step: the batch's mean loss and its number of wrong answers."""
    scores_BK = forward(network, x_BCHW, recipe)
    loss = F.cross_entropy(scores_BK, labels_B)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach(), (scores_BK.detach().argmax(1) != labels_B).sum()


def compiled(network: nn.Module) -> Forward:
    """What torch.compile makes of the network, whole and for one shape; what was compiled before is forgotten, and so does not count."""
    torch._dynamo.reset()
    scores: Forward = torch.compile(network, fullgraph=True, dynamic=False)
    return scores


def forward(network: Forward, x_BCHW: Tensor, recipe: Recipe) -> Tensor:
    """The scores in fp32, computed in the recipe's precision."""
    with torch.autocast(x_BCHW.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
        scores_BK = network(x_BCHW)
    return scores_BK.float()


@torch.inference_mode()
def evaluate(network: nn.Module, images: DeviceImages, split: DeviceSplit, recipe: Recipe) -> Scores:
    """The network on a whole split, in evaluation mode."""
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
