"""Arms that cost the same by one count: what they cost by the others, and by time."""

from matplotlib.figure import Figure

from analysis.figures import FigureData, SurveyData

TITLE = "Equal costs are not equal times"
CAPTION = (
    "One line a pair of networks that were made to cost the same by one count; a point says what the one is of the other by each count and by "
    "time, where 1 is the same. Counts are exact; the bar of a time is its 95% interval over the rounds in which the networks took turns."
)
WORDS = {
    "macs": "multiply-adds",
    "params": "parameters",
    "activations": "activations",
    "train_step_seconds": "time of a\ntraining step",
    "infer_step_seconds": "time of\ninference",
}
SHADES = ("#00798c", "#c46f00", "#5b4b8a", "#d1495b", "#6b7580", "#4f7cc4", "#8a6d3b", "#3b8a5b")


def is_possible(data: FigureData | SurveyData) -> bool:
    """Whether there are arms of equal cost that were timed."""
    return bool(data.equal_costs["quantity"].str.endswith("_seconds").any())


def draw(data: FigureData | SurveyData) -> Figure:
    """One panel, one column a count."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    columns = [quantity for quantity in WORDS if quantity in set(data.equal_costs["quantity"])]
    pairs = list(data.equal_costs.groupby(["reference", "arm"], sort=False))
    for number, ((reference, arm), rows) in enumerate(pairs):
        found = rows.set_index("quantity").loc[[column for column in columns if column in set(rows["quantity"])]]
        places = [columns.index(column) + (number - (len(pairs) - 1) / 2) * 0.09 for column in found.index]
        bars = [found["ratio"] - found["low"], found["high"] - found["ratio"]]
        colour = SHADES[number % len(SHADES)]
        axes.errorbar(
            places, found["ratio"], yerr=bars, fmt="o-", color=colour, linewidth=0.9, capsize=3, label=f"{arm} of {reference}"
        )
    axes.axhline(1.0, color="#4a535c", linewidth=1)
    axes.set_xticks(range(len(columns)), [WORDS[column] for column in columns])
    axes.set_ylabel("times as much")
    axes.set_title(f"Networks of equal cost, {data.label}")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower left", fontsize=8.5)
    return figure
