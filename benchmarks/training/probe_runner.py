"""Run one probe on one trained network: build it, load its weights, measure.

Axes: N images, C channels, H rows, W columns, K classes.
"""

import math
import time
import traceback
from copy import deepcopy
from dataclasses import dataclass
from numbers import Real

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from benchmarks.spec.probe import Findings, ProbeTask, load_probe
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment, utc_now
from benchmarks.store.probes import ProbeResult
from benchmarks.training.batches import DeviceImages
from benchmarks.training.generators import generator_of
from benchmarks.training.loop import EVALUATION_BATCHES, fresh_network
from benchmarks.training.pixels import DeviceSplit
from benchmarks.training.steps import forward
from benchmarks.training.trial_images import images_of
from resnet_variants.architecture import Architecture
from resnet_variants.network import Network
from resnet_variants.registry import name_of

NUM_FOR_STATISTICS = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A trained network in evaluation mode, its trial, and its training and test images.

    A probe leaves the network unchanged: it works on copies.
    """

    network: nn.Module
    trial: Trial
    images: DeviceImages

    @property
    def staged(self) -> Network:
        """The network, which must consist of stages whose blocks each read what the block before has put out.

        Raises:
            ValueError: the network has no stages, or several tensors pass from block to block.
        """
        self.refuse_several_tensors()
        return self._of_stages()

    def refuse_several_tensors(self) -> None:
        """Raise ValueError if several tensors pass from block to block, as streams do."""
        architecture = self.trial.architecture
        if isinstance(architecture, Architecture) and architecture.passes_several:
            raise ValueError(
                f"this probe needs a network whose blocks pass on one tensor: {name_of(architecture)} passes on several"
            )

    def copy(self) -> Network:
        """Return a copy of a network of stages, which may be changed."""
        return deepcopy(self._of_stages())

    def _of_stages(self) -> Network:
        if not isinstance(self.network, Network) or self.network.architecture is None:
            raise ValueError("this probe needs a network of stages, such as resnet20 or plain56")
        return self.network

    @property
    def generator(self) -> torch.Generator:
        """New generator for the probe; all arms get the same for a given seed."""
        return generator_of(self.trial.seed, "probe")

    def fresh(self) -> nn.Module:
        """Return the network as it was before training."""
        return fresh_network(self.trial, self.images)

    def inputs(self, split: DeviceSplit) -> tuple[Tensor, Tensor]:
        """Return a whole split as the network is evaluated on it: (x_NCHW, labels_N)."""
        recipe = self.trial.recipe
        batches = list(self.images.evaluation_batches(split, recipe, batch_size=len(split)))
        return batches[0]

    def some_training_images(self) -> Tensor:
        """Return the first training images, enough for the statistics of a norm."""
        x_NCHW, _ = self.inputs(self.images.train)
        return x_NCHW[:NUM_FOR_STATISTICS]

    @torch.no_grad()
    def scores(self, network: nn.Module, x_NCHW: Tensor) -> Tensor:
        """Return the fp32 scores of these images in the network's present mode; in training mode in batches of the recipe's size."""
        size = self.trial.recipe.batch_size if network.training else EVALUATION_BATCHES[self.images.device.type]
        return torch.cat([forward(network, x_BCHW, self.trial.recipe) for x_BCHW in x_NCHW.split(size)])  # type: ignore[no-untyped-call]


def run_probe(task: ProbeTask, images: DeviceImages, environment: Environment) -> ProbeResult:
    """Run a probe; an error becomes a failed result with the error's message."""
    start = time.perf_counter()
    try:
        images = images_of(images, task.trial)
        network = fresh_network(task.trial, images)
        network.load_state_dict(load(task.weights))
        subject = Subject(network=network.eval(), trial=task.trial, images=images)
        measured = load_probe(task.probe).measure(subject)
        if not isinstance(measured, Findings):
            raise TypeError(f"{task.probe} returned a {type(measured).__name__}: measure must return Findings")
        findings = finite(measured)
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
    """Return the findings with None for values that are not finite, which strict JSON cannot hold."""

    def cell(value: object) -> object:
        return None if isinstance(value, Real) and not math.isfinite(value) else value

    return Findings(
        values={name: cell(value) for name, value in findings.values.items()},  # type: ignore[misc]
        rows=tuple({name: cell(value) for name, value in row.items()} for row in findings.rows),  # type: ignore[misc]
        arrays={name: tuple(cell(value) for value in values) for name, values in findings.arrays.items()},  # type: ignore[misc]
    )


def relative_change(before: Tensor, after: Tensor) -> float:
    """Return the norm of the change of the scores, relative to their norm."""
    return float((after - before).norm() / before.norm())


def error_pct(scores_NK: Tensor, labels_N: Tensor) -> float:
    """Return the error rate in %."""
    return 100 * float((scores_NK.argmax(1) != labels_N).float().mean())


def mean_loss(scores_NK: Tensor, labels_N: Tensor) -> float:
    """Return the mean cross-entropy."""
    return float(F.cross_entropy(scores_NK, labels_N))
