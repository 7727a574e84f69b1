"""Insert a block per stage that is the identity by construction, with Dirac kernels and norms that undo themselves: a plain network's best case.

A residual network gets an all-zero block instead. The function class allows both. In training mode norms use the statistics of the batch,
and a plain network is only as close to nested as a batch is to the training data.
"""

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, error_pct, relative_change
from resnet_variants.grow import can_be_identity, insert_everywhere


def measure(subject: Subject) -> Findings:
    """Return how far the scores move, in evaluation and in training mode, and the test error before and after."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    seen_NCHW, _ = subject.inputs(subject.images.train)
    network = subject.copy()
    is_plain = can_be_identity(subject.trial.architecture)
    grown = insert_everywhere(subject.staged, "identity" if is_plain else "zero", x_NCHW=seen_NCHW if is_plain else None)
    rows, values = [], {}
    for mode in ("evaluation", "training"):
        for model in (network, grown):
            model.train(mode == "training")
        before, after = subject.scores(network, x_NCHW), subject.scores(grown, x_NCHW)
        values[f"nesting_change_{mode}"] = relative_change(before, after)
        rows.append(
            {
                "mode": mode,
                "block": "identity" if is_plain else "zero",
                "change": relative_change(before, after),
                "test_error_pct": error_pct(after, labels_N),
                "test_error_before_pct": error_pct(before, labels_N),
            }
        )
    return Findings(values=values, rows=tuple(rows))
