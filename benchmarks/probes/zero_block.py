"""Insert an all-zero block at the end of every stage, which is the identity in a residual network and reduces a plain one to chance level.

Tests the course's claim that residual classes are nested: a deeper network can always be the shallower one (Zhang et al., Dive into Deep
Learning, section 8.6.1).
"""

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, error_pct, relative_change
from resnet_variants.grow import insert_everywhere


def measure(subject: Subject) -> Findings:
    """Return the relative change of the test images' scores, and the test error with the blocks."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    before = subject.scores(subject.network, x_NCHW)
    after = subject.scores(insert_everywhere(subject.staged, "zero"), x_NCHW)
    return Findings(
        values={"zero_block_change": relative_change(before, after), "zero_block_error_pct": error_pct(after, labels_N)}
    )
