"""Trials, claims and suites: values that are checked when they are made, and keys that never change their meaning."""

from dataclasses import replace

import pytest

from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Equal, GapGrows, Less
from benchmarks.spec.images import load_dataset
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import Suite, arms, load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from benchmarks.spec.trial import DatasetIdentity, Trial, slug
from resnet_variants import parse
from resnet_variants.complexity import complexity_of
from resnet_variants.orderings import ORDERINGS
from resnet_variants.registry import names
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.variant import Variant

TRIAL = Trial(
    architecture=parse("plain56"),
    dataset=DatasetIdentity(name="digits", checksum="66c6805119126227"),
    recipe=RECIPES["quick"],
    seed=3,
)


def test_a_key_never_changes() -> None:
    assert TRIAL.key == "8f64ee413fef"
    assert TRIAL.name == "plain56-digits-s3-8f64ee413fef"


def test_whatever_changes_the_numbers_changes_the_key() -> None:
    others = [
        replace(TRIAL, seed=4),
        replace(TRIAL, architecture=parse("resnet56")),
        replace(TRIAL, architecture=parse("plain56:width=17")),
        replace(TRIAL, recipe=RECIPES["he2015"]),
        replace(TRIAL, recipe=replace(RECIPES["quick"], learning_rate=0.2)),
        replace(TRIAL, recipe=replace(RECIPES["quick"], precision="bf16")),
        replace(TRIAL, recipe=replace(RECIPES["quick"], optimizer="adam")),
        replace(TRIAL, recipe=replace(RECIPES["quick"], normalise="unit")),
        replace(TRIAL, dataset=DatasetIdentity(name="digits", checksum="0" * 16)),
        replace(TRIAL, train_fraction=0.5),
        replace(TRIAL, split="0" * 16),
        replace(TRIAL, holdout=0.2),
        replace(TRIAL, control="twin"),
        replace(TRIAL, control="half-wrong"),
    ]
    assert len({trial.key for trial in [TRIAL, *others]}) == len(others) + 1


def test_the_same_images_under_another_name_are_the_same_trial() -> None:
    renamed = replace(TRIAL, dataset=DatasetIdentity(name="my-scans", checksum=TRIAL.dataset.checksum))
    assert renamed == TRIAL and hash(renamed) == hash(TRIAL) and renamed.key == TRIAL.key
    assert renamed.name == f"plain56-my-scans-s3-{TRIAL.key}"


def test_a_field_at_its_default_is_not_in_the_key() -> None:
    spelled_out = Recipe(epochs=10, batch_size=64, schedule="one-cycle", warmup_fraction=0.2, momentum=0.9, augment="none")
    assert replace(TRIAL, recipe=spelled_out).key == TRIAL.key


def test_a_trial_with_an_unsettled_precision_or_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="precision must be fp32 or bf16, got 'native'"):
        replace(TRIAL, recipe=RECIPES["short"])
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        replace(TRIAL, seed=-1)
    with pytest.raises(ValueError, match="holdout must be at least 0 and below 1, got 1"):
        replace(TRIAL, holdout=1.0)
    with pytest.raises(ValueError, match="unknown control 'half'; available: twin, half-wrong"):
        replace(TRIAL, control="half")


def test_a_name_says_what_a_trial_is_besides_its_arm() -> None:
    trial = replace(TRIAL, control="half-wrong", holdout=0.2)
    assert trial.name == f"plain56-digits-half-wrong-holdout-20-s3-{trial.key}"
    assert (trial.label, TRIAL.label) == ("plain56, half-wrong (control) (holdout-20)", "plain56")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resnet20:shortcut=C", "resnet20-shortcut-C"),
        ("../../etc", "etc"),
        ("a b\n<c>", "a-b-c"),
        ("äöü", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_a_slug_is_fit_for_a_file_name(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_contrasts_are_differences_of_arms() -> None:
    assert Less(smaller="a", larger="b").contrast == {"b": 1, "a": -1}
    assert Equal(reference="a", other="b").contrast == {"b": 1, "a": -1}
    grows = GapGrows(first=("a20", "b20"), second=("a56", "b56"))
    assert grows.contrast == {"b56": 1, "a56": -1, "b20": -1, "a20": 1}


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan"), float("inf")])
def test_a_claim_needs_a_margin(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        Claim(id="x", statement="", source="", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=margin)


@pytest.mark.parametrize("name", suite_names())
def test_every_suite_is_complete(name: str) -> None:
    suite = load_suite(name)
    assert suite.question.endswith("?")
    assert suite.num_seeds >= 3
    for claim in suite.claims:
        assert claim.source and claim.statement.endswith(".")


def test_the_depth_suite_is_the_one_that_was_asked_for() -> None:
    suite = load_suite("depth")
    arms = {f"{family}{depth}" for family in ("plain", "resnet") for depth in (8, 20, 32, 56)}
    assert set(suite.arms) == arms
    residual = [network for network in networks(suite) if network.shortcut != "none"]
    assert len(residual) == 4 and {(network.ordering, network.shortcut) for network in residual} == {("post", "A")}
    assert (suite.dataset, suite.recipe, suite.num_seeds, len(suite.claims)) == ("digits-splits", "quick", 5, 8)


def test_the_ordering_suite_is_the_one_that_was_asked_for() -> None:
    suite = load_suite("ordering")
    assert {(arm.ordering, arm.depth) for arm in networks(suite)} == {
        (name, depth) for name in ORDERINGS for depth in (20, 56, 110)
    }
    assert {type(claim.test).__name__ for claim in suite.claims} == {"NoWorse", "Less", "Compare"}


def test_the_shortcut_suite_has_every_row_of_table_1() -> None:
    suite = load_suite("shortcut")
    deep = [arm for arm in networks(suite) if arm.depth == 56]
    assert {(arm.depth, arm.shortcut) for arm in networks(suite) if arm not in deep} == {(20, shortcut) for shortcut in "ABC"}
    # option A centred is no row of it: it is there for others' checkpoints
    assert {arm.shortcut for arm in deep} == SHORTCUTS.keys() - {"A-centred"}
    assert {(arm.shortcut, arm.gate_bias) for arm in networks(suite) if "gate" in arm.shortcut} == {
        (gate, bias) for gate in ("exclusive-gate", "shortcut-gate") for bias in (0.0, -6.0)
    }


def test_a_claim_about_an_arm_that_is_not_there_is_refused() -> None:
    suite = load_suite("depth")
    with pytest.raises(ValueError, match="unknown arm 'plain56'"):
        replace_arms(suite, arms("plain20", "resnet20"))


@pytest.mark.parametrize("name", suite_names())
def test_arms_of_one_budget_cost_the_same_on_the_suites_own_images(name: str) -> None:
    suite = load_suite(name)
    task = load_dataset(suite.dataset).load(None, False).facts.task(RECIPES[suite.recipe])
    for budget in suite.budgets:
        first, *others = (getattr(complexity_of(suite.arms[arm].architecture, task), budget.on) for arm in budget.arms)
        assert others
        assert all(abs(other / first - 1) <= budget.tolerance for other in others), budget


def test_the_width_suite_compares_what_costs_the_same() -> None:
    suite = load_suite("width")
    assert {budget.on for budget in suite.budgets} == {"params", "macs"}
    families = {network.shortcut == "none" for network in networks(suite)}
    assert families == {True, False}
    assert {arm.train_fraction for arm in suite.arms.values()} == {0.25, 0.5, 1.0}
    assert any(claim.metric == "train_step_seconds" for claim in suite.claims)


def test_the_perceptron_suite_is_seides_table_at_a_quarter() -> None:
    labels = set(load_suite("perceptron").arms)
    assert {f"mlp_{layers}x512" for layers in (1, 2, 3, 5, 7)} | {"mlp_1x4096"} <= labels


def test_the_cardinality_suite_is_xies_table_2_at_half_its_width() -> None:
    forms = {(network.groups, network.width_per_group) for network in networks(load_suite("cardinality"))}
    assert {(2, 20), (8, 7), (32, 2)} <= forms  # 2x40d, 8x14d, 32x4d


def test_a_claim_about_a_step_that_is_not_timed_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown timed step 'train'"):
        replace(load_suite("width"), timed=())


def networks(suite: Suite) -> list[Variant]:
    return [arm.architecture for arm in suite.arms.values()]


def replace_arms(suite: Suite, arms: dict[str, object]) -> Suite:
    return replace(suite, arms=arms)


def test_arms_are_chosen_by_wildcard_in_the_suites_order() -> None:
    suite = load_suite("depth")
    assert list(suite.asked("plain*")) == ["plain8", "plain20", "plain32", "plain56"]
    assert list(suite.asked("PLAIN56")) == ["plain56"]
    with pytest.raises(ValueError, match="unknown arm 'plane56'; did you mean plain56"):
        suite.asked("plane56")


def test_several_wildcards_add_their_arms() -> None:
    suite = load_suite("depth")
    assert list(suite.asked("resnet8", "plain8")) == ["plain8", "resnet8"]
    assert list(suite.asked("plain*", "*8", "*110")) == [
        "plain8",
        "resnet8",
        "plain20",
        "plain32",
        "plain56",
        "plain110",
        "resnet110",
    ]
    with pytest.raises(ValueError, match="unknown arm 'plane56'"):
        suite.asked("plain8", "plane56")


def test_optional_arms_run_where_they_are_asked_for() -> None:
    suite = load_suite("depth")
    assert list(suite.asked("*")) == list(suite.arms)
    assert list(suite.asked("all")) == [*suite.arms, "plain44", "resnet44", "plain110", "resnet110"]
    assert list(suite.asked("*110")) == ["plain110", "resnet110"]
    with pytest.raises(ValueError, match="unknown arm 'plain4'; did you mean plain44"):
        suite.asked("plain4")


@pytest.mark.parametrize("name", survey_names())
def test_networks_of_one_budget_cost_the_same_at_their_own_size(name: str) -> None:
    survey = load_survey(name)
    for budget in survey.budgets:
        first, *others = (getattr(complexity_of(survey.networks[arm]), budget.on) for arm in budget.arms)
        assert others and all(abs(other / first - 1) <= budget.tolerance for other in others), budget


def test_the_surveys_have_every_imagenet_network_that_is_listed() -> None:
    listed = {name for name in names() if parse(name).task.image_shape[1] > 200 and not name.startswith("lecture")}
    assert listed <= load_survey("imagenet").networks.keys() | load_survey("on_paper").networks.keys()


def test_a_survey_refuses_claims_about_errors_and_about_what_is_not_timed() -> None:
    survey = load_survey("imagenet")
    claim = replace(survey.claims[0], metric="test_error_pct")
    with pytest.raises(ValueError, match="is about the test error, but a survey trains nothing"):
        replace(survey, main="", claims=(claim,))
    with pytest.raises(ValueError, match="unknown timed step 'infer'"):
        replace(survey, steps=("train",))
