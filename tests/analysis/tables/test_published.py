"""Published figures come with their conditions, and none of the field's traps lets two be mixed."""

import math

import pytest

from analysis.tables.published import CONDITIONS, published_effect, published_figure, published_figures, published_rows
from benchmarks import arms, arms_with
from benchmarks.spec.suite import load_suite
from resnet_variants import name_of, parse

ROWS = published_rows()


def test_every_row_is_of_a_network_by_its_canonical_name_and_has_its_source() -> None:
    for row in ROWS:
        name, _, settings = row.arm.partition(" (")  # of an arm whose recipe differs from that of the row
        (label,) = arms_with(settings.removesuffix(")"), name) if settings else arms(name)
        assert label == row.arm and name_of(parse(name)) == name
        assert row.locator and row.paper and row.statistic and row.precision
        assert (row.crop == "-") != (row.dataset == "ImageNet")
        assert row.value is None or 0 < row.value < 100
        assert row.n == {"one model": 1, "not stated": None}.get(row.statistic, row.n)
        assert row.statistic.partition(" of ")[2] in ("", str(row.n))
        assert row.sd is None or (row.n is not None and row.n > 1 and row.sd > 0)


def test_no_two_rows_answer_one_question_differently() -> None:
    asked = [(row.arm, row.metric, row.conditions) for row in ROWS]
    assert len(set(asked)) == len(asked)


# the traps of the literature: figures that differ by crops, recipes, or the choice among runs
@pytest.mark.parametrize(
    ("arm", "dataset", "metric", "conditions", "expected"),
    [
        ("resnet110", "CIFAR-10", "test_error_pct", {"recipe": "he2015", "statistic": "mean of 5"}, 6.61),
        ("resnet110", "CIFAR-10", "test_error_pct", {"statistic": "best of 5"}, 6.43),
        ("resnet110", "CIFAR-10", "test_error_pct", {"recipe": "he2016"}, 6.61),
        ("resnet50", "ImageNet", "top1_error_pct", {"crop": "10-crop"}, 22.85),
        ("resnet50", "ImageNet", "top1_error_pct", {"crop": "1-crop", "recipe": "he2015"}, 24.7),
        ("resnet50", "ImageNet", "top1_error_pct", {"recipe": "resnext"}, 23.9),
        ("wrn_28_10", "CIFAR-10", "test_error_pct", {"recipe": "wrn with ZCA"}, 4.17),
        ("wrn_28_10", "CIFAR-10", "test_error_pct", {"recipe": "wrn"}, 4.00),
        ("resnext29_8x64d", "CIFAR-10", "test_error_pct", {}, 3.65),
        ("resnet110:ordering=bn-after", "CIFAR-10", "test_error_pct", {"recipe": "he2016"}, 8.17),
        ("resnet110:shortcut=exclusive-gate,gate_bias=-6", "CIFAR-10", "test_error_pct", {}, 8.70),
        ("resnet34:shortcut=C", "ImageNet", "top1_error_pct", {"crop": "10-crop"}, 24.19),
        ("vgg16_bn", "ImageNet", "top1_accuracy_pct", {}, 73.36),
        ("vgg16", "ImageNet", "top1_error_pct", {}, 28.07),
        ("preresnet1001bn", "CIFAR-10", "test_error_pct", {}, 4.92),
        ("plain56", "CIFAR-10", "test_error_pct", {"recipe": "li2018"}, 13.31),
        ("plain56", "CIFAR-10", "test_error_pct", {"recipe": "li2018 at 0.01"}, 10.83),
        ("wrn_40_2", "CIFAR-10", "test_error_pct", {"recipe": "wrn, preprocessing not stated"}, 5.43),
    ],
)
def test_a_figure_is_found_by_its_conditions(
    arm: str, dataset: str, metric: str, conditions: dict[str, str], expected: float
) -> None:
    assert published_figure(arm, dataset, metric, conditions).value == expected


@pytest.mark.parametrize(
    ("arm", "conditions", "answer"),
    [
        ("resnet110", {}, r"several published values for resnet110.*6\.43 \(he2015, -, best of 5.*6\.61 \(he2015, -, mean of 5"),
        ("resnet110", {"recipe": "wrn"}, "no published value for resnet110, CIFAR-10, test_error_pct, wrn; available: 6.43"),
        ("resnet8", {}, "no published value for resnet8.*none at all"),
        ("resnet20", {"crops": "1"}, "unknown condition 'crops'; did you mean crop"),
    ],
)
def test_an_ambiguous_question_is_answered_with_what_there_is(arm: str, conditions: dict[str, str], answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        published_figure(arm, "CIFAR-10", "test_error_pct", conditions)


def test_a_failed_run_is_a_bound_and_no_number() -> None:
    failed = published_figure("resnet110:shortcut=scaled", "CIFAR-10", "test_error_pct")
    assert (failed.printed, failed.value) == (">20", None)
    contrast = {"resnet110:shortcut=scaled": 1, "resnet110": -1}
    assert published_effect(published_figures(contrast), "test_error_pct", contrast) is None


def test_an_effect_is_taken_under_one_set_of_conditions_and_never_from_the_best_of_several() -> None:
    contrast = {"resnet110:ordering=bn-after": 1, "resnet110": -1}
    effect = published_effect(published_figures(contrast), "test_error_pct", contrast)
    assert effect is not None and (effect.value, effect.recipe) == (pytest.approx(8.17 - 6.61), "he2016")
    contrast = {"resnet110": 1, "resnet56": -1}  # one is the mean or the best of five, the other one model
    effect = published_effect(published_figures(contrast), "test_error_pct", contrast)
    assert effect is not None and (effect.value, effect.recipe) == (pytest.approx(5.79 - 5.89), "li2018")
    contrast = {"resnet34": 1, "resnet50": -1}
    effect = published_effect(published_figures(contrast), "top1_error_pct", contrast)
    assert effect is not None and effect.value == pytest.approx(24.52 - 22.85)  # 10-crop both


def note(metric: str, contrast: dict[str, int]) -> str:
    effect = published_effect(published_figures(contrast), metric, contrast)
    assert effect is not None
    return effect.note


def test_an_effect_says_how_many_runs_it_rests_on_and_how_many_standard_errors_it_is() -> None:
    """By hand: medians of five runs with an sd of 0.16, and means of five of which only one has an sd, which the other one shares."""
    before = note("test_error_pct", {"resnet110": 1, "preresnet110": -1})
    assert before.startswith("resnet110 6.61 \N{PLUS-MINUS SIGN} 0.16 (median of 5 runs), preresnet110 6.37 (median of 5 runs)")
    error = math.sqrt(math.pi / 2) * math.sqrt(2 * 0.16**2 / 5)
    assert before.endswith(f", about {0.24 / error:.1f} standard errors") and round(0.24 / error, 1) == 1.9
    assert note("test_error_pct", {"resnet20:ordering=bn-after": 1, "resnet20": -1}) == "one run each"
    assert (
        note("test_error_pct", {"wrn_16_4": 1, "wrn_16_8": -1})
        == "wrn_16_4 5.02 (median of 5 runs), wrn_16_8 4.27 (median of 5 runs)"
    )


def test_a_value_that_was_not_seen_in_print_is_never_shown_without_a_caution() -> None:
    assert note("train_error_pct", {"plain56": 1, "plain20": -1}) == "one run each; read off the figure, about 0.1 off"
    assert note("train_error_pct", {"resnet20": 1, "resnet56": -1}).endswith("; read off the figure, at most this")
    assert "as remembered, the primary text unseen, sigmoid" in note("word_error_pct", {"mlp_1x2048": 1, "mlp_5x2048": -1})
    unconfirmed = ("Fixup", "Zhang et al. 2019", "SkipInit", "De and Smith", "Veit")
    for row in ROWS:
        assert row.caution or row.precision.startswith("printed")
        if any(name in f"{row.paper} {row.recipe}" for name in unconfirmed):
            assert "unconfirmed" in row.caution


def test_conditions_are_fields_of_a_figure() -> None:
    assert all(len(row.conditions) == len(CONDITIONS) for row in ROWS)


def test_the_published_effect_of_a_stated_value_is_the_distance_from_it() -> None:
    """92.16% are printed where the course says 92%."""
    contrast = {"lecture_identity_1x1": 1}
    effect = published_effect(published_figures(contrast), "test_error_pct", contrast, target=8.0)
    assert effect is not None and effect.value == pytest.approx(-0.16)


def test_published_figures_have_their_source_and_make_the_published_effects() -> None:
    suite = load_suite("depth")
    figures = published_figures(suite.arms)
    assert all(figure.arxiv and figure.locator for figure in figures)
    assert {figure.recipe for figure in figures if figure.paper == "He et al. 2015"} == {"he2015"}
    effects = {claim.id: published_effect(figures, claim.metric, claim.test.contrast) for claim in suite.claims}
    degrades = effects["plain-degrades"]
    assert degrades is not None and (degrades.dataset, degrades.recipe) == ("CIFAR-10", "he2015")
    assert degrades.value == pytest.approx(5.9 - 1.4)
    assert effects["shallow-shortcuts-do-little"] is None  # He et al. have no networks of 8 layers
    for number, value in (
        ("gap-grows-with-depth", (13.26 - 6.97) - (9.68 - 8.75)),
        ("residual-tests-better", 13.26 - 6.97),
        ("residual-gains-from-depth-56", 8.75 - 6.97),
        ("plain-is-comparable-when-shallow", 9.68 - 8.75),
    ):
        effect = effects[number]
        assert effect is not None and effect.value == pytest.approx(value), number
