"""A block whose weights are all zero, put at the end of every stage: the identity to a residual network, the end of a plain one.

The course's claim that residual classes are nested: a deeper network can always be the shallower one (Zhang et al., Dive into Deep
Learning, section 8.6.1).
"""

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, error_pct, relative_change
from resnet_variants.grow import insert_everywhere


def measure(subject: Subject) -> Findings:
    """How far the scores of the test images move, and what error is left."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    before = subject.scores(subject.network, x_NCHW)
    after = subject.scores(insert_everywhere(subject.staged, "zero"), x_NCHW)
    return Findings(
        values={"zero_block_change": relative_change(before, after), "zero_block_error_pct": error_pct(after, labels_N)}
    )
