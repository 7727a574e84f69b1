"""The map of functions: networks around the ground truth by their distance."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

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
    drawn = function_map([(found, (0, 1, 1))])
    assert drawn is not None and drawn.networks["arm"].tolist() == ["a0", "a2", "a3"]
    assert function_map([(found[:3], (0, 1, 1))]) is None


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
    drawn_map = function_map([([*found, exact], labels)])
    assert drawn_map is not None and 0 < drawn_map.kept <= 1
    places = drawn_map.networks.set_index("arm")
    assert places.loc["exact", ["x", "y", "distance"]].tolist() == pytest.approx([0, 0, 0])
    for one in found:
        assert places.loc[one.arm, "distance"] == pytest.approx(np.linalg.norm(one.arrays["probabilities"] - truth) / 3**0.5)
        on_paper = np.hypot(places.loc[one.arm, "x"], places.loc[one.arm, "y"])
        assert on_paper <= np.linalg.norm(one.arrays["probabilities"] - truth) + 1e-9  # a projection shortens
    assert function_map([(found, ())]) is None


def on_images(points: NDArray[np.float64], seed: int) -> list[ProbeArrays]:
    return [
        ProbeArrays(arm=f"a{number}", family="plain", depth=8, seed=seed, arrays={"probabilities": row})
        for number, row in enumerate(points)
    ]


def test_the_same_networks_on_the_same_images_in_another_order_lie_at_the_same_places() -> None:
    labels, order = [0, 1, 1, 0, 2], [3, 4, 0, 2, 1]
    points = np.random.default_rng(0).random((4, 5, 3))
    groups = [
        (on_images(points.reshape(4, 15), 0), labels),
        (on_images(points[:, order].reshape(4, 15), 1), [labels[number] for number in order]),
    ]
    drawn = function_map(groups)
    assert drawn is not None and drawn.kept == pytest.approx(function_map(groups[:1]).kept)  # type: ignore[union-attr]
    first, second = (rows.set_index("arm")[["x", "y", "distance"]] for _, rows in drawn.networks.groupby("seed"))
    assert second.to_numpy() == pytest.approx(first.to_numpy())


@given(number=st.integers(0, 10_000))
def test_further_groups_are_turned_as_near_to_the_first_as_any_angle_brings_them(number: int) -> None:
    random = np.random.default_rng(number)
    groups = [(on_images(random.random((4, 6)), seed), random.integers(0, 2, 3).tolist()) for seed in (0, 1)]
    drawn, before = function_map(groups), function_map(groups[1:])
    assert drawn is not None and before is not None
    first, turned = (rows[["x", "y"]].to_numpy() for _, rows in drawn.networks.groupby("seed"))
    alone = before.networks[["x", "y"]].to_numpy()
    assert np.hypot(*turned.T) == pytest.approx(np.hypot(*alone.T))  # from the ground truth
    assert np.hypot(*(turned[0] - turned[1])) == pytest.approx(np.hypot(*(alone[0] - alone[1])))
    gaps = [
        ((alone * [1, mirror] @ [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]] - first) ** 2).sum()
        for angle in np.linspace(0, 2 * np.pi, 361)
        for mirror in (1, -1)
    ]
    assert min(gaps) - 1e-3 <= ((turned - first) ** 2).sum() <= min(gaps) + 1e-9


def test_a_group_without_labels_or_with_two_networks_is_left_out() -> None:
    points = np.random.default_rng(0).random((4, 6))
    whole = (on_images(points, 0), [0, 1, 1])
    drawn = function_map([(on_images(points, 1), []), whole, (on_images(points[:2], 2), [0, 1, 1])])
    assert drawn is not None and set(drawn.networks["seed"]) == {0}
    assert function_map([]) is None
