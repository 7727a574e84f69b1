"""Lay networks out in channels_last, in which convolutions are fast, and keep oneDNN from writing beyond its memory."""

import torch
from torch import Tensor, nn

VECTOR = 8  # numbers that a register of AVX2 holds


def in_channels_last(network: nn.Module) -> nn.Module:
    """Convert a network to channels_last in place, and return it."""
    return within_memory(network.to(memory_format=torch.channels_last))


def within_memory(network: nn.Module) -> nn.Module:
    """Keep oneDNN from writing beyond its memory in any convolution of a network, in place, and return it.

    With AVX2, but no AVX-512, oneDNN 3.12 (torch 2.14) writes beyond the gradients of a 1x1 convolution with a stride on fewer than
    8 channels in channels_last: the process ends, or other numbers change. Such convolutions get images and weights in torch's usual layout there.
    Images can be in channels_last in a network that is not: some normalizations permute them.
    """
    if torch.backends.cpu.get_cpu_capability() == "AVX2":
        for module in network.modules():
            if isinstance(module, nn.Conv2d) and _is_overrun(module):
                # contiguous() is not enough: of one channel or one pixel it keeps the strides of channels_last
                module.weight.data = module.weight.data.clone(memory_format=torch.contiguous_format)
                if _in_usual_layout not in module._forward_pre_hooks.values():
                    module.register_forward_pre_hook(_in_usual_layout)
    return network


def _is_overrun(module: nn.Conv2d) -> bool:
    return module.kernel_size == (1, 1) and max(module.stride) > 1 and module.groups == 1 and module.in_channels < VECTOR


def _in_usual_layout(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return images in torch's usual layout, if a gradient may be computed on a CPU."""
    if not torch.is_grad_enabled():
        return inputs
    return tuple(
        x_NCHW.clone(memory_format=torch.contiguous_format) if x_NCHW.device.type == "cpu" else x_NCHW for x_NCHW in inputs
    )
