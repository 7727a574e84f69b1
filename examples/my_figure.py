"""A figure of one's own. In a suite next to it: figures=("./my_figure.py",)"""

from matplotlib.figure import Figure

TITLE = "Test error by seed"
CAPTION = "The test error of each run at the recipe's learning rate."


def is_possible(data):
    """Return whether the data contain what the figure needs."""
    return len(data.trials) > 0


def draw(data):
    """Draw the figure from `data`, which computes everything: data.trials has a row per run, data.history one per epoch."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    for arm, runs in data.trials.groupby("arm", sort=False):
        axes.plot(runs["seed"], runs["test_error_pct"], "o", label=arm)
    axes.set_xlabel("seed")
    axes.set_ylabel("test error, %")
    axes.legend()
    return figure
