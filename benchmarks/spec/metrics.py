"""Metrics that claims may use: their names, their units, and how they compare two arms.

The values of a user's own probe are metrics, too: "my_probe:spread" is the value `spread` of my_probe. So are pairs of classes: "confused:cat/dog".
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

from benchmarks.spec.class_pairs import CONFUSED, in_words, read_pair
from resnet_variants.lookup import no_such


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """Name of a metric, how two arms are compared (difference or ratio), and what is repeated: seeds, timing sessions, tunings or nothing.

    A count and a published value are read, not repeated: the one from the network, the other from `published.csv`. A tuning consists of an
    arm's runs at every rate of the tuning grid with one seed.
    `unit` is that of a difference: percentage points by default, "" if it has none. `probe` names the probe that
    measures it, or from whose rows the report computes it (`analysis.tables.readings`), if training does not. An error
    counts whole images of the split `counts`; the metric is the sum or difference of at least `num_errors` such errors.
    `needs_training` is False if the trained weights play no part in it. A rate (`is_rate`) is the mean of zeros and
    ones, of one arm, and is tested by the exact binomial. `confused` names two classes, such as "cat/dog": the metric is the share of the
    test errors that take one for the other, which images without these classes do not have.
    """

    words: str
    is_ratio: bool = False
    unit: str = "points"
    probe: str | None = None
    over: Literal["seeds", "sessions", "counts", "published", "tunings"] = "seeds"
    counts: Literal["train", "test"] | None = None
    num_errors: int = 1
    needs_training: bool = True
    is_rate: bool = False
    confused: str | None = None


METRICS: dict[str, Metric] = {
    "train_error_pct": Metric(words="training error", counts="train"),
    "test_error_pct": Metric(words="test error", counts="test"),
    "failed": Metric(words="share of failed runs", unit="", is_rate=True),
    "train_step_seconds": Metric(words="time of a training step", is_ratio=True, over="sessions"),
    "infer_step_seconds": Metric(words="time of an inference step", is_ratio=True, over="sessions"),
    "params": Metric(words="number of parameters", is_ratio=True, over="counts"),
    "macs": Metric(words="number of multiply-adds", is_ratio=True, over="counts"),
    "activations": Metric(words="number of activations", is_ratio=True, over="counts"),
    "middle_paths_pct": Metric(words="share of paths through 19 to 35 blocks", over="counts"),
    "top1_error_pct": Metric(words="published top-1 error", over="published"),
    "train_loss": Metric(words="training loss", unit="nats"),
    "zero_block_change": Metric(words="change of the scores with zero blocks", unit="", probe="zero_block"),
    "zero_block_error_pct": Metric(words="test error with zero blocks", probe="zero_block", counts="test"),
    "change_slope": Metric(words="slope of the change against gamma near zero", unit="", probe="perturbation"),
    "small_gamma_change": Metric(words="change of the scores at gamma 0.0001", unit="", probe="perturbation"),
    "nesting_change_evaluation": Metric(words="change of the scores in evaluation mode", unit="", probe="nesting"),
    "nesting_change_training": Metric(words="change of the scores in training mode", unit="", probe="nesting"),
    "in_place_change": Metric(words="change of scores and gradients with ReLU in place", unit="", probe="in_place"),
    "shape_differences": Metric(
        words="number of layers whose shape is not the taught one", unit="", probe="shapes", needs_training=False
    ),
    "growing_gap_gamma_0": Metric(
        words="training loss with three more blocks (from gamma 0) minus that without", unit="nats", probe="growing"
    ),
    "growing_gap_gamma_1": Metric(
        words="training loss with three more blocks (from gamma 1) minus that without", unit="nats", probe="growing"
    ),
    "distance_to_truth": Metric(
        words="distance of the predicted probabilities to the ground truth", unit="", probe="probabilities"
    ),
    "gradient_correlation": Metric(
        words="cosine between gradients at neighbouring images", unit="", probe="gradients", needs_training=False
    ),
    "additive_gradient_error": Metric(
        words="error of the additive form of the gradient", unit="", probe="additive_gradient", needs_training=False
    ),
    "forms_change": Metric(
        words="change of the scores among the forms of a block", unit="", probe="block_forms", needs_training=False
    ),
    "group_cost": Metric(
        words="cost of a grouped convolution times its groups, relative to a dense one",
        unit="",
        probe="block_forms",
        needs_training=False,
    ),
    "streams_start_change": Metric(
        words="change of the scores by streams before training", unit="", probe="mixing", needs_training=False
    ),
    "mixing_row_error": Metric(words="largest distance from 1 of a row's sum of mixing weights", unit="", probe="mixing"),
    "mixing_column_error": Metric(words="largest distance from 1 of a column's sum of mixing weights", unit="", probe="mixing"),
    "mixing_gain": Metric(words="largest gain of the mixing of all blocks", unit="", probe="mixing"),
    "response_deviation": Metric(words="mean standard deviation of the layers' responses", unit="", probe="responses"),
    "removed_rise": Metric(words="rise of the test error after removing a block", probe="lesions", counts="test"),
    "swapped_rise": Metric(words="rise of the test error after swapping two blocks", probe="lesions", counts="test"),
    "nonconvex_share": Metric(words="share of the loss surface that curves downwards", probe="loss_surface"),
    "separation_gain": Metric(
        words="linear-probe error after the stem minus that after the last block",
        probe="separation",
        counts="test",
        num_errors=2,
    ),
    "regression_distance": Metric(
        words="distance of the learned curve to the true one", unit="", probe="regression", needs_training=False
    ),
    "representation_distance": Metric(
        words="distance of the best curve of the last layer to the true one", unit="", probe="regression", needs_training=False
    ),
    "epochs_to_10_pct": Metric(words="epochs until 10% training error", unit="epochs"),
    "zero_branch_change": Metric(words="change of the scores with zero branches", unit="", probe="zero_branch"),
    "gradient_correlation_0.01": Metric(
        words="cosine between gradients at images 0.01 apart", unit="", probe="gradients", needs_training=False
    ),
    "gradient_correlation_0.03": Metric(
        words="cosine between gradients at images 0.03 apart", unit="", probe="gradients", needs_training=False
    ),
    "gradient_norm_log_ratio": Metric(
        words="log10 of first to last layer's gradient norm",
        unit="",
        probe="gradients",
        needs_training=False,
    ),
    "harmful_lesion_share": Metric(
        words="share of blocks whose removal raises the test error by 1 point or more", unit="", probe="lesions"
    ),
    "largest_step_removed": Metric(
        words="largest rise of the test error by one more removed block, of 1 to 10", probe="many_lesions"
    ),
    "largest_step_swapped": Metric(words="largest rise of the test error by one more swap, of 1 to 10", probe="many_lesions"),
    "hessian_ratio": Metric(
        words="ratio of the Hessian's lowest to highest eigenvalue at equal loss", unit="", probe="curvature"
    ),
    "best_rate_log2": Metric(words="log2 of the best learning rate", unit="octaves", over="tunings", needs_training=False),
    "start_change": Metric(
        words="largest share of what a fresh block adds to its shortcut's output",
        unit="",
        probe="block_starts",
        needs_training=False,
    ),
    "branch_share_slope": Metric(
        words="slope of log(branch / shortcut) on log(block) before training", unit="", probe="block_starts", needs_training=False
    ),
    "inner_product": Metric(
        words="largest inner product of what a block adds and its shortcut's output, over their norms",
        unit="",
        probe="join_geometry",
    ),
    "pythagoras_error": Metric(words="largest error of Pythagoras' theorem at a block's join", unit="", probe="join_geometry"),
    **{
        f"stage_{stage}_gain": Metric(
            words=f"linear-probe error at the start of stage {stage} minus that at its end",
            probe="separation",
            counts="test",
            num_errors=2,
        )
        for stage in (1, 2, 3)
    },
    "layers_gain": Metric(
        words="linear-probe error after the first layer minus that after the last hidden one",
        probe="layer_separation",
        counts="test",
        num_errors=2,
    ),
}

# metrics between nothing and all: their names, since a declared claim has the hash of its metric's fields
SHARES = frozenset(
    {
        "train_error_pct",
        "test_error_pct",
        "failed",
        "middle_paths_pct",
        "top1_error_pct",
        "zero_block_error_pct",
        "nonconvex_share",
        "harmful_lesion_share",
    }
)

# metrics that any two networks can be compared by
COMPARABLE = {
    name: metric
    for name, metric in METRICS.items()
    if metric.is_ratio or (metric.over in ("seeds", "sessions") and not metric.is_rate)
}
OF_USERS_PROBE = re.compile(r"(?P<probe>[A-Za-z0-9][\w-]*):(?P<value>\S.*)")


def metric_of(name: str) -> Metric:
    """Return the metric called `name`, that of a pair of classes, or that of a value of a user's own probe: in points if its name ends in _pct.

    Raises:
        ValueError: no metric has this name, and the message lists the choices; or it does not name two classes.
    """
    if name in METRICS:
        return METRICS[name]
    pair = read_pair(name)
    if pair is not None:
        return Metric(words=f"share of the test errors that confuse {in_words(pair)}", unit="", confused=pair)
    match = OF_USERS_PROBE.fullmatch(name)
    if match is None or is_shipped(match["probe"]):
        raise ValueError(
            f"{no_such('metric', name, METRICS)}, a pair of classes, such as {CONFUSED}cat/dog, "
            "or a value of your own probe, such as my_probe:spread"
        )
    words = f"{match['value'].removesuffix('_pct').replace('_', ' ')} ({match['probe']})"
    return Metric(words=words, unit="points" if match["value"].endswith("_pct") else "", probe=match["probe"])


def limits_of(name: str) -> tuple[float, float]:
    """Return the smallest and the largest possible value of a metric: those of a share, or none.

    Raises:
        ValueError: as in `metric_of`.
    """
    metric = metric_of(name)
    if name not in SHARES and not metric.confused:
        return -math.inf, math.inf
    return 0.0, 100.0 if metric.unit == "points" else 1.0


def metric_name(probe: str, value: str) -> str:
    """Return the name of the metric that is a value of a probe: for a user's probe, "my_probe:spread"."""
    return value if is_shipped(probe) else f"{probe}:{value}"


def is_shipped(probe: str) -> bool:
    """Return whether a probe is of this project: its values are metrics by their own names."""
    return any(metric.probe == probe for metric in METRICS.values())
