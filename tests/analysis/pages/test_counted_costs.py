"""The figure of counted costs shows the networks' own counts, the quotients that claims compare, and the lengths of paths."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.axes import Axes

from analysis.figures import SurveyData, counted_costs, load_figure, render
from analysis.pages.sessions import sessions_of
from benchmarks.spec.cost import Cost
from benchmarks.spec.survey import Survey, counted_alone, load_survey, survey_names
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.timings import NetworkTiming, TimingResult
from resnet_variants import create
from resnet_variants.complexity import complexity_of

SURVEY = load_survey("on_paper")
cost_of = cache(complexity_of)  # of large networks it takes a second
SMALL = ("plain20", "resnet20", "resnet110")


def data_of(environment: Environment, name: str, survey: Survey) -> SurveyData:
    """The data of the figures of a survey's networks, counted and not timed."""
    plan = counted_alone(survey).plan(name, survey.networks, "cpu")
    counted = []
    for workload in plan.workloads:
        found = cost_of(workload.architecture, workload.task)
        cost = Cost(params=found.params, macs=found.macs, activations=found.activations)
        counted.append(NetworkTiming(workload=workload, cost=cost))
    session = TimingResult(
        plan=plan, networks=tuple(counted), twins=(), order_seed=1, ceilings=None, others_share=0.0, environment=environment
    )
    (summary,) = sessions_of(name, [session])
    data, _ = summary.figure_data(Out(Path()))
    return data


@pytest.fixture(scope="module")
def data(environment: Environment) -> SurveyData:
    return data_of(environment, "on_paper", SURVEY)


def marks(axes: Axes) -> Iterator[tuple[str, str, float]]:
    """Network, tooltip and place of each mark of a panel."""
    for line in axes.lines:
        if line.get_gid():
            found = json.loads(str(line.get_gid()))
            yield found["arm"], found["title"], float(line.get_xdata()[0])  # type: ignore[index]


def test_every_network_has_its_parameters_and_multiply_adds(data: SurveyData) -> None:
    costs, _ = counted_costs.draw(data).axes
    places: dict[str, list[float]] = {}
    for arm, title, count in marks(costs):
        places.setdefault(arm, []).append(count)
        assert f"{count:,.0f}" in title
    assert places.keys() == SURVEY.networks.keys()
    for name in SMALL:
        assert places[name][0] == sum(weights.numel() for weights in create(name).parameters())
    for name, network in SURVEY.networks.items():
        found = cost_of(network, network.task)
        assert places[name] == [found.params, found.macs]
    macs = [counts[1] for counts in places.values()]
    assert macs == sorted(macs)


def test_brackets_name_the_quotients_that_claims_compare(data: SurveyData) -> None:
    costs, _ = counted_costs.draw(data).axes
    macs = {name: cost_of(network, network.task).macs for name, network in SURVEY.networks.items()}
    texts = [" ".join(text.get_text().split()) for text in costs.texts]
    assert "equal parameters and multiply-adds" in texts
    assert f"{macs['vgg19'] / macs['resnet34']:.3g} times the multiply-adds (5.56 claimed)" in texts
    assert f"{macs['resnet50:stride_in=1x1'] / macs['resnet34']:.3g} times the multiply-adds" in texts
    brackets = [[float(y) for y in line.get_ydata()] for line in costs.lines if len(line.get_xdata()) == 4]  # type: ignore[arg-type]
    names = [label.get_text().replace("\n", " ") for label in costs.get_yticklabels()]
    assert {(names[round(rows[0])], names[round(rows[-1])]) for rows in brackets} == {
        ("Plain, 20 layers", "Residual, 20 layers"),
        ("ResNet-34", "VGG-19"),
        ("ResNet-34", "ResNet-50 with the stride in the first convolution"),
    }


def test_paths_are_counted_as_by_going_through_block_after_block(data: SurveyData) -> None:
    _, paths = counted_costs.draw(data).axes
    numbers = [1]  # of paths through 0, 1, ... branches
    for _ in range(54):
        numbers = [skipping + passing for skipping, passing in zip([*numbers, 0], [0, *numbers], strict=True)]
    bars = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in paths.patches}  # type: ignore[attr-defined]
    assert len(bars) == 55
    assert [bars[length] for length in range(55)] == pytest.approx([100 * number / 2**54 for number in numbers])
    share = 100 * sum(numbers[19:36]) / 2**54
    assert f"{share:.1f}% of all paths pass through 19 to 35 blocks" in " ".join(paths.texts[0].get_text().split())
    colours = {length: bar for bar in paths.patches for length in [round(bar.get_x() + bar.get_width() / 2)]}  # type: ignore[attr-defined]
    middle = colours[19].get_facecolor()
    assert {length for length, bar in colours.items() if bar.get_facecolor() == middle} == set(range(19, 36))


def test_the_descriptions_have_the_numbers_and_no_raw_name(data: SurveyData) -> None:
    inline = render(load_figure("counted_costs"), data, "counted_costs").inline
    for words in (
        "Plain, 20 layers: 270 k parameters, 40.6 M multiply-adds.",
        "VGG-19 over ResNet-34: 5.36 times the multiply-adds (5.56 claimed).",
        "Residual, 110 layers: 98.0% of all paths pass through 19 to 35 blocks of 54.",
        "55 bars, the highest 10.8 at 27.",
    ):
        assert words in inline
    assert "resnet34:" not in inline.replace('data-arm="resnet34:', "")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name == "imagenet" else []) for name in survey_names()]
)
def test_every_survey_that_is_only_counted_has_this_figure(environment: Environment, name: str) -> None:
    survey = load_survey(name)
    assert counted_alone(survey).figures == ("counted_costs",)
    assert counted_costs.is_possible(data_of(environment, name, survey))


def test_of_many_networks_only_those_that_claims_compare_are_shown(data: SurveyData) -> None:
    compared = {*data.compared_counts["reference"], *data.compared_counts["arm"]}
    assert 0 < len(compared) < len(data.networks) <= counted_costs.MOST_ROWS
    copies = [data.networks.assign(model=[f"{model}:width={width}" for model in data.networks["model"]]) for width in (17, 18)]
    many = replace(data, networks=pd.concat([data.networks, *copies], ignore_index=True), paths={})
    (costs,) = counted_costs.draw(many).axes
    assert {arm for arm, _, _ in marks(costs)} == compared
    (every,) = counted_costs.draw(replace(many, compared_counts=many.compared_counts.iloc[:0])).axes
    assert {arm for arm, _, _ in marks(every)} == set(many.networks["model"])
