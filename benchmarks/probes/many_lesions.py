"""Remove one to ten blocks of a trained network, or swap one to ten pairs of blocks of a stage, at random.

Veit et al. 2016 (1605.06431), section 4.2: the error of a residual network rises smoothly with the number of lesions and of swaps. In each
draw a further lesion is added to the previous ones, so that a step is the price of one more. Blocks that change the shape are kept.
"""

from itertools import pairwise

import torch
from torch import nn

from benchmarks.probes.lesions import removable_blocks
from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject, error_pct
from resnet_variants.network import Network

MOST, DRAWS = 10, 5


def measure(subject: Subject) -> Findings:
    """Return the test error by number of lesions in each draw, and the largest rise of its mean over the draws by one more lesion."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    stages, generator = removable_blocks(subject.staged), subject.generator
    rows: list[dict[str, Cell]] = []
    for draw in range(DRAWS):
        removals = _draw_removals(stages, generator)
        swaps = _draw_swaps(stages, generator)
        for kind, lesions in (("removed", removals), ("swapped", swaps)):
            hurt = subject.copy()
            for number in range(len(lesions) + 1):
                if number:
                    _hurt(hurt, lesions[number - 1])
                error = error_pct(subject.scores(hurt, x_NCHW), labels_N)
                rows.append({"kind": kind, "number": number, "draw": draw, "test_error_pct": error})
    return Findings(
        values={f"largest_step_{kind}": largest_step(rows, kind) for kind in ("removed", "swapped")}, rows=tuple(rows)
    )


def largest_step(rows: list[dict[str, Cell]], kind: str) -> float | None:
    """Return the largest rise of the mean error over the draws from one number of lesions to the next, in points; None if there is no lesion."""
    errors: dict[int, list[float]] = {}
    for row in rows:
        if row["kind"] == kind:
            assert isinstance(row["number"], int) and isinstance(row["test_error_pct"], float)
            errors.setdefault(row["number"], []).append(row["test_error_pct"])
    means = [sum(errors[number]) / len(errors[number]) for number in sorted(errors)]
    return max((after - before for before, after in pairwise(means)), default=None)


def _draw_removals(stages: list[list[int]], generator: torch.Generator) -> list[tuple[int, int | None]]:
    """Draw the blocks to be removed, in order, without repetition."""
    places = [place for stage in stages for place in stage]
    order = torch.randperm(len(places), generator=generator).tolist()
    return [(places[number], None) for number in order[:MOST]]


def _draw_swaps(stages: list[list[int]], generator: torch.Generator) -> list[tuple[int, int | None]]:
    """Draw pairs of places to be swapped, one after the other; a pair may be drawn again."""
    pairs = [(place, other) for stage in stages for place in stage for other in stage if place < other]
    if not pairs:
        return []
    return [pairs[number] for number in torch.randint(len(pairs), (MOST,), generator=generator).tolist()]


def _hurt(network: Network, lesion: tuple[int, int | None]) -> None:
    """Remove the block at the first place, or swap it with that at the second one."""
    place, other = lesion
    if other is None:
        network.blocks[place] = nn.Identity()
    else:
        network.blocks[place], network.blocks[other] = network.blocks[other], network.blocks[place]
