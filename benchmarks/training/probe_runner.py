"""One probe of one trained network, from its task to its result: build, load the weights, measure.

Axes: N images, C channels, H rows, W columns, K classes.
"""

import math
import time
import traceback
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from numbers import Real

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from benchmarks.spec.probe import Findings, ProbeTask
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment, utc_now
from benchmarks.store.probes import ProbeResult
from benchmarks.training.batches import DeviceImages, DeviceSplit
from benchmarks.training.loop import EVALUATION_BATCHES, forward, fresh_network, generator_of
from resnet_variants.network import Network

NUM_FOR_STATISTICS = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A trained network in evaluation mode, its trial, and the images that it was trained on and tested with.

    A probe leaves the network as it was: it works on copies.
    """

    network: nn.Module
    trial: Trial
    images: DeviceImages

    @property
    def staged(self) -> Network:
        """The network as one of stages.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(self.network, Network) or self.network.architecture is None:
            raise ValueError("this probe needs a network of stages, such as resnet20 or plain56")
        return self.network

    def copy(self) -> Network:
        """The network again, to be changed."""
        return deepcopy(self.staged)

    @property
    def generator(self) -> torch.Generator:
        """One for the probe, at its start; the same for every arm of a seed."""
        return generator_of(self.trial.seed, "probe")

    def fresh(self) -> nn.Module:
        """The network as it was before training."""
        return fresh_network(self.trial, self.images)

    def inputs(self, split: DeviceSplit) -> tuple[Tensor, Tensor]:
        """A split as the network is evaluated on it, whole: (x_NCHW, labels_N)."""
        recipe = self.trial.recipe
        batches = list(self.images.evaluation_batches(split, recipe, batch_size=len(split)))
        return batches[0]

    def some_training_images(self) -> Tensor:
        """The first training images, as many as give a norm its statistics."""
        x_NCHW, _ = self.inputs(self.images.train)
        return x_NCHW[:NUM_FOR_STATISTICS]

    @torch.no_grad()
    def scores(self, network: nn.Module, x_NCHW: Tensor) -> Tensor:
        """The scores of these images in the network's present mode, in fp32; in training mode in the recipe's batches."""
        size = self.trial.recipe.batch_size if network.training else EVALUATION_BATCHES[self.images.device.type]
        return torch.cat([forward(network, x_BCHW, self.trial.recipe) for x_BCHW in x_NCHW.split(size)])  # type: ignore[no-untyped-call]


def run_probe(task: ProbeTask, images: DeviceImages, environment: Environment) -> ProbeResult:
    """Measure. Whatever goes wrong in it is a result that says so."""
    start = time.perf_counter()
    try:
        network = fresh_network(task.trial, images)
        network.load_state_dict(load(task.weights))
        subject = Subject(network=network.eval(), trial=task.trial, images=images)
        findings = finite(import_module(f"benchmarks.probes.{task.probe}").measure(subject))
        status, detail, trace = "ok", "", ""
    except Exception as error:
        findings, status, detail = Findings(), "failed", f"{type(error).__name__}: {error}"
        trace = "".join(traceback.format_exception(error))
    return ProbeResult(
        trial=task.trial,
        probe=task.probe,
        status="ok" if status == "ok" else "failed",
        detail=detail,
        findings=findings,
        seconds=time.perf_counter() - start,
        finished_at=utc_now(),
        traceback=trace,
        environment=environment,
    )


def finite(findings: Findings) -> Findings:
    """The findings with None for what is not finite, as strict JSON has no word for it."""

    def cell(value: object) -> object:
        return None if isinstance(value, Real) and not math.isfinite(value) else value

    return Findings(
        values={name: cell(value) for name, value in findings.values.items()},  # type: ignore[misc]
        rows=tuple({name: cell(value) for name, value in row.items()} for row in findings.rows),  # type: ignore[misc]
        arrays={name: tuple(cell(value) for value in values) for name, values in findings.arrays.items()},  # type: ignore[misc]
    )


def relative_change(before: Tensor, after: Tensor) -> float:
    """How far scores moved, relative to their size."""
    return float((after - before).norm() / before.norm())


def error_pct(scores_NK: Tensor, labels_N: Tensor) -> float:
    """The share of wrong answers."""
    return 100 * float((scores_NK.argmax(1) != labels_N).float().mean())


def mean_loss(scores_NK: Tensor, labels_N: Tensor) -> float:
    """The mean cross-entropy."""
    return float(F.cross_entropy(scores_NK, labels_N))
