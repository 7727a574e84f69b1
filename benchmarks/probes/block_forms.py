"""Are the three forms of a ResNeXt block one network, and does a convolution of B groups cost one B-th?

Xie et al. 2017 (1611.05431), figure 3: (a) each path has its own three convolutions, and the paths are added up; (b) the paths are concatenated
before one last convolution; (c) the middle convolution has groups. The weights of (c), which the network has, are cut into paths for (a) and (b).
Everything is computed in fp64, in evaluation mode.
"""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, relative_change
from resnet_variants.blocks import ResidualBlock

NUM_IMAGES = 32
OF_A_NORM = ("weight", "bias", "running_mean", "running_var")  # tensors with an entry per channel


def measure(subject: Subject) -> Findings:
    """Return the largest change of the scores among the forms, and the cost of a grouped convolution times its groups, relative to a dense one.

    Both are None for a network without grouped convolutions.
    """
    network = deepcopy(subject.staged).double().eval()
    grouped = [module for module in network.modules() if isinstance(module, nn.Conv2d) and module.groups > 1]
    if not grouped:
        return Findings(values={"forms_change": None, "group_cost": None})
    x_NCHW = subject.inputs(subject.images.test)[0][:NUM_IMAGES].double()
    with torch.no_grad():
        scores_NK = network(x_NCHW)
        changes = [relative_change(scores_NK, cut(network, is_added=is_added)(x_NCHW)) for is_added in (True, False)]
    costs = [ratio * module.groups for module in grouped for ratio in cost_ratios(module)]
    return Findings(values={"forms_change": max(changes), "group_cost": max(costs, key=lambda cost: abs(cost - 1))})


def cost_ratios(grouped: nn.Conv2d) -> tuple[float, float]:
    """Return the parameters and the multiply-adds of a grouped convolution as fractions of a dense one's, by torch's own counter."""
    dense = nn.Conv2d(grouped.in_channels, grouped.out_channels, 3, padding=1, bias=False).double()
    dense.stride = grouped.stride
    counts = []
    for module in (grouped, dense):
        x_NCHW = torch.zeros(1, module.in_channels, 8, 8, dtype=torch.float64, device=grouped.weight.device)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module.to(x_NCHW.device)(x_NCHW)
        counts.append((module.weight.numel(), counter.get_total_flops()))
    return counts[0][0] / counts[1][0], counts[0][1] / counts[1][1]


def cut(network: nn.Module, *, is_added: bool) -> nn.Module:
    """Return a copy of a network whose branches are cut into paths: form (a) if they are added up, else form (b)."""
    copy = deepcopy(network)
    for block in [module for module in copy.modules() if isinstance(module, ResidualBlock)]:
        assert isinstance(block.branch, nn.Sequential)
        block.branch = CutBranch(block.branch, is_added=is_added)
    return copy


class CutBranch(nn.Module):
    """A bottleneck's branch cut into as many paths as its middle convolution has groups."""

    def __init__(self, branch: nn.Sequential, *, is_added: bool) -> None:
        super().__init__()
        modules = list(branch)
        first, _, last = (place for place, module in enumerate(modules) if isinstance(module, nn.Conv2d))
        num_paths = max(module.groups for module in modules if isinstance(module, nn.Conv2d))
        self.is_added = is_added
        self.before, self.after = nn.Sequential(*modules[:first]), nn.Sequential(*modules[last + 1 :])
        weight = modules[last].weight
        assert isinstance(weight, nn.Parameter)
        self.weight = weight
        self.paths = nn.ModuleList(
            nn.Sequential(*(_part(module, path, num_paths) for module in modules[first:last])) for path in range(num_paths)
        )

    def forward(self, x_NCHW: Tensor) -> Tensor:
        x_NCHW = self.before(x_NCHW)
        parts = [path(x_NCHW) for path in self.paths]
        if self.is_added:
            columns = self.weight.chunk(len(parts), dim=1)
            added = [F.conv2d(part_NCHW, weight) for part_NCHW, weight in zip(parts, columns, strict=True)]
            joined_NCHW = torch.stack(added).sum(dim=0)
        else:
            joined_NCHW = F.conv2d(torch.cat(parts, dim=1), self.weight)
        out_NCHW: Tensor = self.after(joined_NCHW)
        return out_NCHW


def _part(module: nn.Module, path: int, num_paths: int) -> nn.Module:
    """Return one path's share of a module: its output channels of a convolution, its channels of a norm."""
    part = deepcopy(module)
    if isinstance(part, nn.Conv2d):
        part.weight = nn.Parameter(part.weight.chunk(num_paths)[path])
        part.out_channels = len(part.weight)
        part.in_channels, part.groups = part.weight.shape[1], 1
    if isinstance(part, nn.BatchNorm2d):
        for name in OF_A_NORM:
            values = getattr(part, name).chunk(num_paths)[path]
            setattr(part, name, nn.Parameter(values) if isinstance(getattr(part, name), nn.Parameter) else values)
    return part
