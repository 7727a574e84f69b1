"""Build a network with random images, ready for a training step or an inference step.

Images are random, never zeros, and so are the weights, because speed may depend on values that are zero.

Axes: N images, C channels, H rows, W columns, K classes.
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.timing import Step, Workload
from benchmarks.training.cuda_graphs import capture, warm_up
from resnet_variants.layout import in_channels_last
from resnet_variants.outline import is_outline, outline

MOMENTUM = 0.9
SEED = 0


class Runnable:
    """A network on the device with random images, ready for either step."""

    def __init__(self, workload: Workload, precision: Literal["fp32", "bf16"], device: str) -> None:
        generator = torch.Generator().manual_seed(SEED)
        task = workload.task
        self.device = device
        self.is_bf16 = precision == "bf16"
        self.network = _build(workload, device, generator)
        self.scores: Callable[[Tensor], Tensor] = self.network
        if workload.mode == "compiled":
            self.scores = torch.compile(self.network, fullgraph=True, dynamic=False)
        x_NCHW = torch.randn(workload.batch_size, *task.image_shape, generator=generator)
        self.x_NCHW = x_NCHW.to(device).contiguous(memory_format=torch.channels_last)
        self.labels_N = torch.randint(0, task.num_classes, (workload.batch_size,), generator=generator).to(device)
        fused = device in ("cpu", "cuda")
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-3, momentum=MOMENTUM, fused=fused)
        self.steps: dict[Step, Callable[[], object]] = {"train": self._train, "infer": self._infer}
        if workload.mode == "graph":
            for step in workload.steps:
                warm_up(self.steps[step], torch.device(device))
                self.steps[step] = capture(self.steps[step], torch.device(device))

    def _forward(self) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.is_bf16):
            scores_NK = self.scores(self.x_NCHW)
        return scores_NK.float()

    def _train(self) -> None:
        self.network.train()
        loss = F.cross_entropy(self._forward(), self.labels_N)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def _infer(self) -> None:
        self.network.eval()
        with torch.inference_mode():
            self._forward()


@torch.no_grad()
def _build(workload: Workload, device: str, generator: torch.Generator) -> nn.Module:
    """Build the network in channels_last, with weights at He's scale, but uniform: they are drawn faster than normal ones.

    A network that other code builds keeps the weights that it drew.
    """
    network = outline(workload.architecture, workload.task)
    modules = list(network.to_empty(device="cpu").modules()) if is_outline(network) else []
    for module in modules:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.LayerNorm):
            module.reset_parameters()  # also resets a norm's statistics
        else:
            for weight in module.parameters(recurse=False):
                bound = (6 / weight[0].numel()) ** 0.5 if weight.ndim > 1 else 0.0  # biases start at zero
                weight.uniform_(-bound, bound, generator=generator)
    return in_channels_last(network.to(device))
