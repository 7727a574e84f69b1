"""Suites and arms as people type them: commas and repeated flags, and names of arms that contain commas themselves."""

import json

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.naming import split_patterns
from benchmarks.spec.suite import ALL, suite_names
from benchmarks.spec.survey import survey_names

app = typer.Typer(add_completion=False)
app.command()(run.main)
PATH = "resnet29bn:width=32,width_per_group=33"
LABELS = ["plain20", "resnet20", "resnet29bn:width=32", PATH, "preresnet20,dropout=0.3", "a, b", "b"]


def plan(*arguments: object) -> dict[str, list[str]]:
    """Return the arms of each suite in the plan of a run, without controls."""
    asked = [*map(str, arguments), "--dry-run", "--json", "--rates", "recipe", "--seeds", "3", "--out", "nowhere"]
    result = CliRunner().invoke(app, asked, env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0, result.stderr
    planned = [one for one in json.loads(result.stdout) if "arms" in one]  # the last one is the total
    return {one["suite"]: [arm["arm"] for arm in one["arms"] if "control" not in arm["arm"]] for one in planned}


@pytest.mark.parametrize(
    ("texts", "patterns"),
    [
        (("plain*,resnet20",), ("plain*", "resnet20")),
        (("plain*", "resnet20"), ("plain*", "resnet20")),
        (("plain*, resnet20",), ("plain*", "resnet20")),
        ((PATH,), (PATH,)),
        ((PATH.upper(),), (PATH.upper(),)),
        ((f"plain20,{PATH},resnet20",), ("plain20", PATH, "resnet20")),
        ((f"{PATH},resnet29bn:width=32",), (PATH, "resnet29bn:width=32")),
        (("*,dropout=*",), ("*,dropout=*",)),
        (("resnet*,w*",), ("resnet*,w*",)),  # it matches an arm as a whole, which comes first
        (("resnet*", "w*"), ("resnet*", "w*")),
        (("a, b",), ("a, b",)),
        (("a, b,b",), ("a, b", "b")),
        (("[pr]*20,all",), ("[pr]*20", "all")),
        (("plain20,vgg:depth=3,width=4",), ("plain20", "vgg:depth=3,width=4")),  # matches nothing: shown whole
        (("*",), ("*",)),
        (("",), ("",)),
    ],
)
def test_a_text_that_matches_an_arm_as_a_whole_is_one_pattern_and_others_are_split_at_commas(
    texts: tuple[str, ...], patterns: tuple[str, ...]
) -> None:
    assert split_patterns(texts, LABELS) == patterns


@given(names=st.lists(st.sampled_from(LABELS), min_size=1, max_size=6))
def test_names_of_arms_in_one_text_are_the_same_arms_as_in_several(names: list[str]) -> None:
    found = split_patterns([",".join(names)], LABELS)
    assert ",".join(found) == ",".join(names)  # nothing is lost
    assert split_patterns(found, LABELS) == found  # and a pattern stays one


def test_a_run_of_several_suites_is_that_of_each_with_the_patterns_that_match_there() -> None:
    asked = f"plain20,{PATH}"
    assert plan("--suite", "depth,cardinality", "--arms", asked) == {"depth": ["plain20"], "cardinality": [PATH]}
    assert plan("--suite", "cardinality, depth", "--arms", "plain20", "--arms", PATH) == {
        "depth": ["plain20"],
        "cardinality": [PATH],
    }
    both = plan("--suite", "depth,ordering", "--arms", "plain20,resnet20*")
    assert both["depth"] == ["plain20", "resnet20"] and len(both["ordering"]) > 1


def test_a_suite_and_a_survey_run_together() -> None:
    assert plan("--suite", "imagenet,depth", "--arms", "resnet18,plain8") == {"depth": ["plain8"], "imagenet": ["resnet18"]}


def test_all_runs_the_suites_in_which_a_pattern_matches() -> None:
    planned = plan("--suite", ALL, "--arms", f"plain8,{PATH}")
    assert planned["cardinality"] == [PATH] and planned["depth"] == ["plain8"]
    assert planned.keys() < {*suite_names(), *survey_names()} and all(planned.values())
