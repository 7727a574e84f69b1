"""One block of a trained network taken out, or put in the place of its neighbour.

Veit et al. 2016 (1605.06431): a residual network hardly notices, a plain one falls to chance. Blocks that change the shape stay.
"""

from collections.abc import Mapping
from itertools import pairwise

from torch import nn

from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject, error_pct
from resnet_variants.network import Network


def measure(subject: Subject) -> Findings:
    """The test error after each lesion; by how much it rises in the mean."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    before = error_pct(subject.scores(subject.network, x_NCHW), labels_N)
    errors: dict[str, dict[int, float]] = {"removed": {}, "swapped": {}}
    for places in _removable(subject.staged):
        for place in places:
            hurt = subject.copy()
            hurt.blocks[place] = nn.Identity()
            errors["removed"][place] = error_pct(subject.scores(hurt, x_NCHW), labels_N)
        for place, behind in pairwise(places):
            hurt = subject.copy()
            hurt.blocks[place], hurt.blocks[behind] = hurt.blocks[behind], hurt.blocks[place]
            errors["swapped"][place] = error_pct(subject.scores(hurt, x_NCHW), labels_N)
    rows: list[Mapping[str, Cell]] = [
        {"kind": kind, "block": place + 1, "test_error_pct": error}
        for kind, found in errors.items()
        for place, error in found.items()
    ]
    values = {f"{kind}_rise": sum(found.values()) / len(found) - before if found else None for kind, found in errors.items()}
    return Findings(values=values, rows=({"kind": "whole", "block": 0, "test_error_pct": before}, *rows))


def _removable(network: Network) -> list[list[int]]:
    """The blocks of each stage that keep the shape: all but the first, and in the first stage that, too, where it keeps the width."""
    architecture = network.architecture
    assert architecture is not None
    keeps_width = architecture.block == "basic" and architecture.stem_width is None
    stages, start = [], 0
    for stage, number in enumerate(network.blocks_per_stage):
        is_kept = stage == 0 and keeps_width
        stages.append(list(range(start + (not is_kept), start + number)))
        start += number
    return stages
