"""Ratios of costs and times between networks that have the same cost by one count."""

from matplotlib.figure import Figure

from analysis.figures import FigureData, SurveyData
from analysis.figures._palette import BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, RED, SLATE, TEAL

TITLE = "Equal costs are not equal times"
CAPTION = (
    "One line per pair of networks that were matched on one count. A point is the ratio of their costs by that count, by another or by "
    "time; 1 is equal. Counts are exact; the bar of a time is its 95% interval over timing sessions, if there are several."
)
WORDS = {
    "macs": "multiply-adds",
    "params": "parameters",
    "activations": "activations",
    "train_step_seconds": "time of a\ntraining step",
    "infer_step_seconds": "time of\ninference",
}
SHADES = (TEAL, ORANGE, PURPLE, RED, GREY, BLUE, BROWN, GREEN)


def is_possible(data: FigureData | SurveyData) -> bool:
    """Return whether any arms of equal cost were timed."""
    return bool(data.equal_costs["quantity"].str.endswith("_seconds").any())


def draw(data: FigureData | SurveyData) -> Figure:
    """Draw one panel, with a column for each count and time."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    columns = [quantity for quantity in WORDS if quantity in set(data.equal_costs["quantity"])]
    pairs = list(data.equal_costs.groupby(["reference", "arm"], sort=False))
    for number, ((reference, arm), rows) in enumerate(pairs):
        ratios = rows.set_index("quantity").loc[[column for column in columns if column in set(rows["quantity"])]]
        places = [columns.index(column) + (number - (len(pairs) - 1) / 2) * 0.09 for column in ratios.index]
        bars = [ratios["ratio"] - ratios["low"], ratios["high"] - ratios["ratio"]]
        colour = SHADES[number % len(SHADES)]
        axes.errorbar(
            places, ratios["ratio"], yerr=bars, fmt="o-", color=colour, linewidth=0.9, capsize=3, label=f"{arm} / {reference}"
        )
    axes.axhline(1.0, color=SLATE, linewidth=1)
    axes.set_xticks(range(len(columns)), [WORDS[column] for column in columns])
    axes.set_ylabel("ratio")
    axes.set_title(f"Networks of equal cost, {data.label}")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower left", fontsize=8.5)
    return figure
