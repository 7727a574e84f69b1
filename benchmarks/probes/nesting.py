"""The best case of a plain network: a new block in every stage that is the identity by construction, Dirac kernels and norms that undo themselves.

For a residual network the zero block stands in its place. The function class allows both; in training mode, where norms use the statistics of
the batch, a plain network is only as near to nested as a batch is to the training data.
"""

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, error_pct, relative_change
from resnet_variants.grow import can_be_identity, insert_everywhere


def measure(subject: Subject) -> Findings:
    """How far the scores move, in evaluation and in training mode, and what error is left."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    seen_NCHW, _ = subject.inputs(subject.images.train)
    network = subject.copy()
    is_plain = can_be_identity(subject.trial.architecture)
    grown = insert_everywhere(subject.staged, "identity" if is_plain else "zero", x_NCHW=seen_NCHW if is_plain else None)
    rows, values = [], {}
    for mode in ("evaluation", "training"):
        for one in (network, grown):
            one.train(mode == "training")
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
