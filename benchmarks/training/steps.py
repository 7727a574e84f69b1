"""A training step that takes its batch and its rate from what was drawn for the epoch: on the device, at fixed addresses.

Nothing goes from the CPU to the device between two steps, so that a GPU can record a whole step once and replay it: choosing the images, cropping,
mirroring, normalising, forward, backward, and the optimizer's step. On a CPU the same step runs as it is.

Axes: B images of a batch, C channels, H rows, W columns, K classes, S whole batches of an epoch, D numbers drawn per image.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.recipe import Recipe
from benchmarks.training.batches import DeviceImages, to_device
from benchmarks.training.cuda_graphs import WARM_UP_STEPS, record

Forward = Callable[[Tensor], Tensor]
NO_LIMIT = 10**6  # networks that one process may compile


class Steps:
    """Training steps on whole batches of one network: its optimizer, and what one epoch reads and writes.

    The step is recorded when the first one is run, if `uses_graph`; with `is_compiled` it uses torch.compile, and fails instead of falling back to
    eager mode. Another trial of the same network and recipe, at another seed or rate, can take over everything: see `start_anew`.
    """

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        images: DeviceImages,
        num_steps: int,
        *,
        uses_graph: bool,
        is_compiled: bool,
    ) -> None:
        self.network, self.recipe, self.images = network, recipe, images
        self.uses_graph, self.is_compiled = uses_graph, is_compiled
        self.scores = compiled(network) if is_compiled else network
        self.optimizer = optimizer_of(network, recipe, images.device)
        self.replay: Callable[[], object] | None = None
        device, room = images.device, max(num_steps, WARM_UP_STEPS)  # an epoch may have fewer steps than warm up a recording
        self.draws_SDB = torch.zeros(room, images.num_draws(recipe), recipe.batch_size, dtype=torch.int64, device=device)
        self.rates_S = torch.zeros(room, device=device)
        self.losses_S = torch.zeros(room, device=device)
        self.wrongs_S = torch.zeros(room, dtype=torch.int64, device=device)
        self.next_1 = torch.zeros(
            1, dtype=torch.int64, device=device
        )  # the step to run next: a graph cannot read it from the CPU

    def load(self, draws_SDB: Tensor, rates: Sequence[float]) -> None:
        """Give the device the draws and rates of the next epoch, which may have fewer steps than there is room for."""
        self.draws_SDB[: len(draws_SDB)].copy_(to_device(draws_SDB, self.images.device))
        self.rates_S[: len(rates)].copy_(to_device(torch.tensor(rates), self.images.device))
        self.next_1.zero_()

    def run(self, rate: float, generators: Sequence[torch.Generator]) -> None:
        """Run the next step of the epoch; record it first, if it is the first of all. The `generators` are those that it draws from."""
        if not isinstance(self.optimizer.param_groups[0]["lr"], Tensor):  # a GPU reads it from `rates_S`
            set_rate(self.optimizer, rate)
        if self.uses_graph and self.replay is None:
            self.record(generators)
        (self.replay or self._step)()

    def record(self, generators: Sequence[torch.Generator]) -> None:
        """Record the step, which changes nothing else."""
        self._create_state()
        self.replay = record(self._step, self.images.device, self._changes(), generators)

    def _step(self) -> None:
        draws_DB = self.draws_SDB.index_select(0, self.next_1)[0]
        x_BCHW, labels_B = self.images.batch(self.recipe, draws_DB)
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].copy_(self.rates_S.index_select(0, self.next_1)[0])
        loss, wrong = update(self.scores, self.optimizer, self.recipe, x_BCHW, labels_B)
        self.losses_S.index_copy_(0, self.next_1, loss[None])
        self.wrongs_S.index_copy_(0, self.next_1, wrong[None])
        self.next_1 += 1

    def start_anew(self, network: nn.Module) -> None:
        """Take over the weights and statistics of a new network of the same shape, and forget the optimizer's state; tensors stay in place."""
        with torch.no_grad():
            for old, new in zip(_tensors(self.network), _tensors(network), strict=True):
                old.copy_(new)
            for tensor in self._optimizer_tensors():
                tensor.zero_()

    def _create_state(self) -> None:
        """Create the optimizer's tensors as zeros, which does not change the result: a graph needs them in their place."""
        for parameter in self.network.parameters():
            state = self.optimizer.state[parameter]
            if not state:  # of a new optimizer; that of a resumed trial stays
                state.update(_fresh_state(parameter, self.recipe))

    def _changes(self) -> list[Tensor]:
        """Return all tensors that a step changes and that matter to the next one."""
        return [*_tensors(self.network), *self._optimizer_tensors(), self.next_1]

    def _optimizer_tensors(self) -> Iterator[Tensor]:
        for state in self.optimizer.state.values():
            yield from (value for value in state.values() if isinstance(value, Tensor))


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def optimizer_of(network: nn.Module, recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    """Return the recipe's optimizer, for a GPU in a form that a graph can record: its rate and its counts of steps are tensors there."""
    on_cuda = device.type == "cuda"
    rate = torch.tensor(recipe.learning_rate, device=device) if on_cuda else recipe.learning_rate
    is_fused, parameters = device.type in ("cpu", "cuda"), network.parameters()
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, weight_decay=recipe.weight_decay, fused=is_fused, capturable=on_cuda)
    return torch.optim.SGD(
        parameters,
        lr=rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        fused=is_fused,
    )


def _fresh_state(parameter: Tensor, recipe: Recipe) -> dict[str, Tensor]:
    """Return what the recipe's optimizer keeps for a parameter before its first step, all of it zero."""
    if recipe.optimizer == "adam":
        names = ("exp_avg", "exp_avg_sq")
        count = {"step": torch.zeros((), dtype=torch.float32, device=parameter.device)}
        return count | {name: torch.zeros_like(parameter) for name in names}
    return {"momentum_buffer": torch.zeros_like(parameter)} if recipe.momentum else {}


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], Tensor) else rate


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


def forward(network: Forward, x_BCHW: Tensor, recipe: Recipe) -> Tensor:
    """Return the scores in fp32, computed in the recipe's precision."""
    with torch.autocast(x_BCHW.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
        scores_BK = network(x_BCHW)
    return scores_BK.float()


def compiled(network: nn.Module) -> Forward:
    """Return the network compiled by torch.compile, whole and for one shape; networks of one architecture share what was compiled."""
    limits = ("cache_size_limit", "accumulated_cache_size_limit")  # names of every allowed torch; later ones have aliases
    for name in limits:
        setattr(torch._dynamo.config, name, NO_LIMIT)  # by default a ninth architecture is an error
    scores: Forward = torch.compile(network, fullgraph=True, dynamic=False)
    return scores
