"""Remove one block of a trained network, or swap it with its neighbour.

Veit et al. 2016 (1605.06431): a residual network hardly changes, a plain one falls to chance level. Blocks that change the shape are kept.
"""

from collections.abc import Mapping
from itertools import pairwise

from torch import nn

from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject, error_pct
from resnet_variants.network import Network


def measure(subject: Subject) -> Findings:
    """Return the test error after each lesion, and its mean rise."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    before = error_pct(subject.scores(subject.network, x_NCHW), labels_N)
    errors: dict[str, dict[int, float]] = {"removed": {}, "swapped": {}}
    for places in removable_blocks(subject.staged):
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
        for kind, by_place in errors.items()
        for place, error in by_place.items()
    ]
    values = {
        f"{kind}_rise": sum(by_place.values()) / len(by_place) - before if by_place else None for kind, by_place in errors.items()
    }
    return Findings(values=values, rows=({"kind": "whole", "block": 0, "test_error_pct": before}, *rows))


def removable_blocks(network: Network) -> list[list[int]]:
    """Return the positions of shape-preserving blocks per stage: all but the first, and stage 1's first block too if it keeps the width."""
    architecture = network.architecture
    assert architecture is not None
    keeps_width = architecture.block == "basic" and architecture.stem_width is None
    stages, start = [], 0
    for stage, num_blocks in enumerate(network.blocks_per_stage):
        is_kept = stage == 0 and keeps_width
        stages.append(list(range(start + (not is_kept), start + num_blocks)))
        start += num_blocks
    return stages
