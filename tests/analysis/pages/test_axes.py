"""Axes, points and colours of figures suit what they show."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from analysis.figures._axes import error_axis, single_points
from analysis.figures._looks import looks_of
from analysis.figures._scales import LINEAR
from analysis.figures._scales import given as given_value
from analysis.tables.arm_words import words_of


def test_one_epoch_is_shown_as_points() -> None:
    """A line over one epoch would be nothing at all."""
    rows = pd.DataFrame({"epoch": [1], "train_error_pct": [20.0], "test_error_pct": [30.0]})
    assert single_points(rows) == {"marker": "o"} and single_points(pd.concat([rows, rows.assign(epoch=2)])) == {}


@pytest.mark.parametrize("highest", [0.4, 1.9, 2.5, 3.4, 5.9, 30.0, 90.0])
def test_an_axis_of_errors_has_a_tick_near_its_upper_end(highest: float) -> None:
    axes = Figure().subplots()
    error_axis(axes.yaxis, [0.2, highest])
    ticks = list(axes.get_yticks())
    assert min(ticks) == 0 and max(ticks) >= min(highest, 2) / 2 and (highest <= 2 or max(ticks) > 2)


@given(lowest=st.floats(5, 100), ratio=st.floats(1, 20))
def test_an_axis_of_large_errors_begins_at_the_lowest_and_has_ticks_among_them(lowest: float, ratio: float) -> None:
    highest = min(100.0, lowest * ratio)
    axes = Figure().subplots()
    error_axis(axes.yaxis, [highest, math.nan, lowest])
    start, end = axes.get_ylim()
    assert lowest / 1.1 < start < lowest <= highest <= end <= 100
    assert len([tick for tick in axes.get_yticks() if start <= tick <= end]) >= 2


@given(lowest=st.floats(0, 100), ratio=st.floats(1, 20))
def test_a_linear_axis_of_errors_shows_them_all_with_even_ticks(lowest: float, ratio: float) -> None:
    highest = min(100.0, lowest * ratio)
    axes = Figure().subplots()
    with given_value(LINEAR, True):
        error_axis(axes.yaxis, [highest, lowest])
    start, end = axes.get_ylim()
    steps = {round(step, 6) for step in pd.Series(axes.get_yticks()).diff().dropna()}
    assert axes.get_yscale() == "linear" and start < max(lowest, 0.01) and highest <= end <= 100 and len(steps) == 1


def test_an_arm_has_one_hue_and_one_mark_at_all_depths_also_where_others_are_missing() -> None:
    arms = {"resnet20": 20, "resnet20:ordering=bn-after": 20, "resnet20:ordering=relu-only": 20, "preresnet20": 20}
    arms |= {"resnet56:ordering=relu-only": 56, "preresnet56": 56, "resnet56:width=20": 56}
    looks = looks_of(words_of(arms), arms)
    for name in ("preresnet{}", "resnet{}:ordering=relu-only"):
        shallow, deep = looks[name.format(20)], looks[name.format(56)]
        assert (shallow.hue, shallow.marker) == (deep.hue, deep.marker) and shallow.colour != deep.colour
    assert len({(look.hue, look.marker) for look in looks.values()}) == len(arms) - 2
