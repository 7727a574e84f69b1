"""Insert a block whose last norm has gamma g at the end of every stage, and measure how far the function moves as g goes to zero.

The blocks are drawn at random, the same for every g, and their norms hold the statistics of training images. Near g = 0 a residual network
should move in proportion to g, and a plain one should not return to its function.
"""

import math

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, error_pct, relative_change
from resnet_variants.grow import insert_everywhere

GAMMAS = (0.0, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
NEAR, NEARER = 1e-2, 1e-3  # the slope is taken between these gammas


def measure(subject: Subject) -> Findings:
    """Return the relative change of the test scores and the test error for each gamma, and the slope of the change near zero on log axes."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    before = subject.scores(subject.network, x_NCHW)
    seen_NCHW = subject.some_training_images()
    rows, changes = [], {}
    for gamma in GAMMAS:
        grown = insert_everywhere(subject.staged, gamma, x_NCHW=seen_NCHW, generator=subject.generator)
        after = subject.scores(grown, x_NCHW)
        changes[gamma] = relative_change(before, after)
        rows.append({"gamma": gamma, "change": changes[gamma], "test_error_pct": error_pct(after, labels_N)})
    near, nearer = changes[NEAR], changes[NEARER]
    slope = math.log(near / nearer) / math.log(NEAR / NEARER) if near > 0 and nearer > 0 else None
    return Findings(values={"change_slope": slope, "small_gamma_change": changes[GAMMAS[1]]}, rows=tuple(rows))
