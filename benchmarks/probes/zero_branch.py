"""Insert a block whose branch is zero, and whose norm after the addition, if it has one, is the identity.

The probe `zero_block` sets all parameters of the block to zero. With batch norm after the addition that includes the norm on the shortcut's way,
which then passes nothing. Here only the branch is zero, as in the courses' claim (Zhang et al., Dive into Deep Learning, section 8.6.1).
"""

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, error_pct, relative_change
from resnet_variants.grow import insert_everywhere


def measure(subject: Subject) -> Findings:
    """Return the relative change of the test images' scores, and the test error with the blocks as a row; nothing without shortcuts."""
    if not subject.trial.architecture.is_residual:
        return Findings(values={"zero_branch_change": None})
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    before = subject.scores(subject.network, x_NCHW)
    after = subject.scores(insert_everywhere(subject.staged, "zero-branch"), x_NCHW)
    return Findings(
        values={"zero_branch_change": relative_change(before, after)}, rows=({"test_error_pct": error_pct(after, labels_N)},)
    )
