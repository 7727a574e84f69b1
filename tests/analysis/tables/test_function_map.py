"""The map of functions: networks around the ground truth by their distance."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.tables.probes import ProbeArrays, function_map
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def test_a_network_whose_probabilities_are_no_numbers_is_not_on_the_map() -> None:
    points = np.random.default_rng(0).random((4, 6))
    points[1, 2] = np.nan
    found = [
        ProbeArrays(arm=f"a{number}", family="plain", depth=8, seed=0, arrays={"probabilities": row})
        for number, row in enumerate(points)
    ]
    drawn = function_map(found, (0, 1, 1))
    assert drawn is not None and drawn.networks["arm"].tolist() == ["a0", "a2", "a3"]
    assert function_map(found[:3], (0, 1, 1)) is None


def test_the_map_shows_networks_around_the_truth_by_their_distance() -> None:
    labels = (0, 1, 1)
    truth = np.eye(2)[list(labels)].ravel()
    drawn = np.random.default_rng(0)
    found = [
        ProbeArrays(
            arm=f"a{number}", family="plain", depth=8, seed=number, arrays={"probabilities": truth + drawn.normal(0, 0.2, 6)}
        )
        for number in range(4)
    ]
    exact = ProbeArrays(arm="exact", family="residual", depth=8, seed=0, arrays={"probabilities": truth})
    drawn_map = function_map([*found, exact], labels)
    assert drawn_map is not None and 0 < drawn_map.kept <= 1
    places = drawn_map.networks.set_index("arm")
    assert places.loc["exact", ["x", "y", "distance"]].tolist() == pytest.approx([0, 0, 0])
    for one in found:
        assert places.loc[one.arm, "distance"] == pytest.approx(np.linalg.norm(one.arrays["probabilities"] - truth) / 3**0.5)
        on_paper = np.hypot(places.loc[one.arm, "x"], places.loc[one.arm, "y"])
        assert on_paper <= np.linalg.norm(one.arrays["probabilities"] - truth) + 1e-9  # a projection shortens
    assert function_map(found, ()) is None
