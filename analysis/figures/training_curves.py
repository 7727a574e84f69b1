"""Error against epoch, with a panel per family (plain left, residual right) on one scale, as in He et al. 2015, figure 6."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.figures import FAMILY_WORDS, FigureData
from analysis.figures._axes import error_axis, families_of, single_points
from analysis.figures._palette import SLATE

TITLE = "Training curves"
CAPTION = (
    "Thin dashes: running training error of the epoch. Bold: test error after it. Lines are means over the runs that train (over all if none "
    "does), bands their range. A diverged run keeps its last errors. Drawn as in He et al. 2015, figure 6; the scale is linear up to 2% and "
    "logarithmic above."
)


def is_possible(data: FigureData) -> bool:
    """Return whether any epoch was measured."""
    return not data.history.empty


def draw(data: FigureData) -> Figure:
    """Draw a panel per family on one scale."""
    families = families_of(data.history)
    figure = Figure(figsize=(5.5 * len(families), 4.6), layout="constrained")
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    depths = sorted(data.history["depth"].unique())
    palette = dict(zip(depths, sns.color_palette("viridis_r", len(depths) + 1)[1:], strict=True))
    for axes, family in zip(panels, families, strict=True):
        rows = data.history[data.history["family"] == family]
        styles = (("train_error_pct", {"linestyle": "--", "linewidth": 1}), ("test_error_pct", {"linewidth": 2.4}))
        point = single_points(data.history)
        for metric, style in styles:
            sns.lineplot(
                data=rows,
                x="epoch",
                y=metric,
                hue="depth",
                palette=palette,
                estimator="mean",
                errorbar=("pi", 100) if metric == "test_error_pct" else None,
                err_kws={"alpha": 0.15, "linewidth": 0},
                legend=False,
                ax=axes,
                **style,
                **point,
            )
        axes.set_title(_title(data, family, rows))
        axes.set_ylabel("")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    error_axis(panels[0].yaxis, data.history[["train_error_pct", "test_error_pct"]].to_numpy().ravel())
    handles = [Line2D([], [], color=palette[depth], linewidth=2.4, label=f"{depth} layers") for depth in depths]
    handles += [
        Line2D([], [], color=SLATE, linewidth=2.4, label="test error"),
        Line2D([], [], color=SLATE, linewidth=1, linestyle="--", label="training error"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _title(data: FigureData, family: str, rows: pd.DataFrame) -> str:
    """Return a panel's title, with a line for each depth at which runs fail."""
    arms = dict(zip(rows["arm"], rows["depth"], strict=True))
    notes = [f"{data.trained[arm]} train at {depth} layers" for arm, depth in arms.items() if arm in data.trained]
    return "\n".join([f"{FAMILY_WORDS[family]}, {data.label}", *notes])
