"""Networks in channels_last train without writing beyond their memory, on every kind of CPU, and compute what they compute in any layout."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_variants import create
from resnet_variants.layout import in_channels_last

CHECKED_MALLOC = Path("/lib/x86_64-linux-gnu/libc_malloc_debug.so.0")  # ends a process that wrote beyond its memory
GATED = "resnet8:width=4,shortcut=exclusive-gate"  # its gates are 1x1 convolutions with a stride on four channels
RESIZING = "lecture_resizing"  # its first shortcut is one on the images, of which no gradient is computed
PERMUTED = "resnet8:width=4,shortcut=B,norm=ln-pixel"  # its projections get images that the normalization left in channels_last
TRAIN = """
import torch
from resnet_variants import create
from resnet_variants.layout import in_channels_last

torch.set_num_threads(1)
network = {network}
for _ in range(10):
    x_NCHW = torch.randn(16, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    network(x_NCHW).square().sum().backward()
"""


@pytest.mark.skipif(not CHECKED_MALLOC.exists(), reason="needs glibc's checked malloc")
@pytest.mark.parametrize("instructions", ["default", "avx2"])
@pytest.mark.parametrize("network", ["in_channels_last({made})", "{made}"])
@pytest.mark.parametrize("name", [GATED, PERMUTED, RESIZING])
def test_convolutions_of_few_channels_write_nothing_beyond_their_memory(name: str, network: str, instructions: str) -> None:
    limit = {} if instructions == "default" else {"ATEN_CPU_CAPABILITY": instructions, "ONEDNN_MAX_CPU_ISA": instructions.upper()}
    environment = os.environ | limit | {"LD_PRELOAD": str(CHECKED_MALLOC), "MALLOC_CHECK_": "3"}
    code = TRAIN.format(network=network.format(made=f"create({name!r}, in_channels=3, input_size=8)"))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("capability", ["AVX2", "AVX512"])
def test_outputs_and_gradients_are_those_of_the_usual_layout(capability: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    usual = create(GATED).double()
    network = in_channels_last(in_channels_last(deepcopy(usual)))
    strided = [module for module in network.modules() if isinstance(module, nn.Conv2d) and module.stride != (1, 1)]
    guarded = [module for module in strided if len(module._forward_pre_hooks) == 1]
    assert len(guarded) == (1 if capability == "AVX2" else 0)  # that of eight channels needs no guard
    x_NCHW = torch.randn(6, 3, 8, 8, dtype=torch.double)
    found = []
    for one, images in ((usual, x_NCHW), (network, x_NCHW.contiguous(memory_format=torch.channels_last))):
        scores_NK = one(images)
        scores_NK.square().sum().backward()
        found.append([scores_NK, *(weight.grad for weight in one.parameters())])
    torch.testing.assert_close(*found)
