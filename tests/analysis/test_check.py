"""`python -m analysis.check` names what a referee would object to, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from typer.testing import CliRunner

from analysis.check import main
from analysis.inference.study_verdicts import verdicts_of
from analysis.pages.concerns import SHOWN, concerns_of, referee_objections
from analysis.pages.objections import objections
from analysis.pages.reports import Reports
from analysis.report import make_reports
from analysis.tables.doubtful_arms import reference_arm
from benchmarks.spec.contrasts import GapGrows
from benchmarks.spec.images import Images, Split
from benchmarks.spec.rates import arms_at_every_rate, rates_of, recipes_at
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.spec.trial import Arm, Trial
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from resnet_variants.command import app_of
from resnet_variants.names import some_of

Make = Callable[..., TrialResult]
HALF = Split(images_NCHW=np.zeros((500, 3, 8, 8), np.uint8), labels_N=np.arange(500) % 3)
ERROR = 10.0  # test error of every arm, of which 5% is more than an image
# each seed divides it for itself, and an image is worth less than any margin
POOL = Images(name="tiny", source="made for tests", train=HALF, test=HALF, classes=("a", "b", "c"), is_pool=True)


@pytest.fixture(scope="module")
def clean(make_result: Make, make_tuning: Callable[..., list[TrialResult]], environment: Environment) -> list[TrialResult]:
    """A whole depth study of equal errors, tuned alike, from one clean commit on one machine, with its controls; each seed has its own split."""
    known = replace(environment, commit="0123abc", is_dirty=False)
    suite, recipe = load_suite("depth"), Recipe(epochs=1, batch_size=64)
    compared = [arm for arm in suite.arms.values() if arm in arms_at_every_rate(suite, "digits")]
    tuning = [result for arm in compared for result in make_tuning(arm, recipe, 0.05, environment=known)]
    arms = [
        make_result(Arm(architecture=arm.architecture), seed, test=ERROR, environment=known, recipe=at_rate, data=POOL.facts)
        for at_rate in recipes_at(recipe, rates_of(suite, "quick", recipe))
        for arm in suite.arms.values()
        if at_rate == recipe or arm in arms_at_every_rate(suite, "digits")
        for seed in range(5)
    ]
    controls = [
        (control, make_result(suite.arms[suite.reference], seed, test=error, environment=known, recipe=recipe, data=POOL.facts))
        for control, error in (("twin", ERROR), ("half-wrong", ERROR + 30))
        for seed in range(5)
    ]
    results = [*arms, *tuning, *(replace(result, trial=replace(result.trial, control=control)) for control, result in controls)]
    return [replace(result, trial=divided(result.trial)) for result in results]


def divided(trial: Trial) -> Trial:
    """The same trial on its seed's split of the pool."""
    division = POOL.division(trial.seed)
    assert division is not None
    return replace(trial, dataset=POOL.identity(), split=division.checksum)


def store(folder: Path, results: list[TrialResult]) -> Path:
    """Write results into a folder that has the labels of the pool."""
    out = Out(folder)
    out.prepare()
    out.labels.write(POOL)
    for result in results:
        out.trials.write(result)
    return folder


def changed(results: list[TrialResult], arm: str, **fields: object) -> list[TrialResult]:
    """The results with other fields in the environment of one arm's first trial."""
    place = next(number for number, result in enumerate(results) if result.trial.name.startswith(f"{arm}-"))
    result = results[place]
    return [*results[:place], replace(result, environment=replace(result.environment, **fields)), *results[place + 1 :]]


def test_a_whole_study_from_a_clean_commit_has_no_objections(clean: list[TrialResult], tmp_path: Path) -> None:
    assert objections(store(tmp_path, clean)) == []


def test_a_study_at_one_rate_is_objected_to_and_not_one_that_has_no_others(
    clean: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    first = [result for result in clean if result.trial.recipe.learning_rate == 0.1 or result.trial.holdout]
    (line,) = objections(store(tmp_path / "depth", first))
    assert line.endswith("at one learning rate only, 0.1: its claims may hold at this rate only")
    paper = [make_result(arm, seed, recipe=RECIPES["he2015"]) for arm in load_suite("depth").arms for seed in range(3)]
    assert not any("learning rate" in line for line in objections(store(tmp_path / "paper", paper)))


@pytest.mark.parametrize(
    ("fields", "objection"),
    [
        ({"is_dirty": True}, "uncommitted changes: plain20"),
        ({"commit": None}, "from an unknown commit"),
        ({"commit": "456def"}, "2 commits: 0123abc, 456def"),
        ({"processor": "another one"}, "2 processors, in one table of times: "),
        ({"num_threads": 2}, "2 numbers of threads: 1, 2"),
        ({"versions": {"torch": "1.0"}}, "2 versions of torch: 1.0"),
    ],
)
def test_mixed_and_unknown_conditions_are_objected_to(
    clean: list[TrialResult], tmp_path: Path, fields: dict[str, object], objection: str
) -> None:
    found = objections(store(tmp_path, changed(clean, "plain20", **fields)))
    assert any(line.startswith("depth, tiny-") and objection in line for line in found), found


def test_trials_that_were_trained_in_other_ways_are_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    mixed = [replace(clean[0], is_compiled=True), replace(clean[1], uses_graph=True), *clean[2:]]
    (objection,) = objections(store(tmp_path, mixed))
    assert objection.endswith(": 3 ways of training: compiled, eager, eager, as a CUDA graph")


def test_missing_and_few_seeds_are_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    found = objections(store(tmp_path / "one", clean[3:]))
    assert any("missing: plain8 with seed 0" in line for line in found)
    assert any("fewer than 3 seeds: plain8 (2)" in line for line in found)


def test_arms_left_out_altogether_are_objected_to_once(clean: list[TrialResult], tmp_path: Path) -> None:
    deep = [result for result in clean if "8-" not in result.trial.name]
    (objection,) = objections(store(tmp_path, deep))
    assert objection.endswith(": not run: plain8, resnet8")


def test_a_trial_that_was_not_measured_is_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    lost = replace(clean[6], status="oom", cost=None, final=None, history=())
    found = objections(store(tmp_path, [*clean[:6], lost, *clean[7:]]))
    assert len(found) == 1 and found[0].endswith(": not measured: resnet8 with seed 1 (oom)")


def test_an_arm_under_another_recipe_is_objected_to(clean: list[TrialResult], make_result: Make, tmp_path: Path) -> None:
    environment = clean[0].environment
    other = Recipe(epochs=9, batch_size=64)
    made = [make_result(arm, seed, recipe=other, environment=environment) for arm in ("plain20", "plain56") for seed in range(3)]
    more = [replace(result, trial=divided(result.trial)) for result in made]
    found = objections(store(tmp_path, [*clean, *more]))
    assert any(line.startswith("depth: unequal recipes on tiny: plain20 also under") for line in found), found


def test_parts_of_a_plan_that_answer_no_claim_yet_are_told_what_is_missing(clean: list[TrialResult], tmp_path: Path) -> None:
    whole = [result for result in clean if result.trial.architecture.depth != 56]
    found = objections(store(tmp_path, whole))
    assert len(found) == 1 and found[0].startswith("depth, tiny-") and found[0].endswith("not run: plain56, resnet56"), found


@pytest.mark.usefixtures("no_figures")
def test_a_suite_that_shares_trials_with_what_was_asked_is_none_of_the_stores(
    make_result: Make, environment: Environment, tmp_path: Path
) -> None:
    """All arms of an ordering's claim are there, and the ordering suite was never asked for: once another suite is reported on, it is left alone."""
    known = replace(environment, commit="0123abc", is_dirty=False)
    results = [
        make_result(arm, seed, environment=known) for arm in ("resnet20", "resnet20:ordering=bn-after") for seed in range(3)
    ]
    out = store(tmp_path, results)
    assert any(line.startswith("ordering, tiny-") for line in objections(out))
    (page,) = make_reports(out, "depth")
    found = objections(out)
    assert [line.split(": ")[:2] for line in found[:1]] == [[f"depth, {page.parent.name}", "not run"]]
    *of_studies, untuned = found
    assert {line.partition(":")[0] for line in of_studies} == {f"depth, {page.parent.name}"}
    assert untuned.endswith(f": depth ({page.parent.name})")


def test_an_unreadable_record_is_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    out = store(tmp_path, clean)
    (out / "trials" / "torn.json").write_text("{")
    assert any(line.startswith("unreadable:") and "torn.json" in line for line in objections(out))


def test_an_empty_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"holds no study of any suite: {', '.join([*suite_names(), *survey_names()])}$"):
        objections(tmp_path)


def test_the_command_ends_by_what_it_found(clean: list[TrialResult], tmp_path: Path, command: Callable[..., object]) -> None:
    assert command("analysis.check", store(tmp_path / "bad", clean[1:])).returncode == 1  # type: ignore[attr-defined]
    app = app_of(main)  # the others in this process, which has loaded what they need
    fine = CliRunner().invoke(app, [str(store(tmp_path / "fine", clean))])
    assert (fine.exit_code, "no objections" in fine.stdout) == (0, True)
    empty = CliRunner().invoke(app, [str(tmp_path / "nothing")])
    assert (empty.exit_code, empty.stderr[:6]) == (2, "error:")


def test_arms_off_their_budget_and_missing_times_are_objected_to(
    make_result: Make, environment: Environment, tmp_path: Path
) -> None:
    known = replace(environment, commit="0123abc", is_dirty=False)
    suite = load_suite("width")
    made = [make_result(arm, seed, environment=known) for arm in suite.arms.values() for seed in range(3)]
    heavy = suite.arms["resnet8:width=52"]
    made = [replace(one, cost=replace(one.cost, macs=2100)) if one.cost and one.trial.arm == heavy else one for one in made]
    said = [line.partition(": ")[2] for line in objections(store(tmp_path, made)) if line.startswith("width")]
    assert said[-2:] == ["budget: resnet8:width=52 differs by +5.00% in macs from resnet56, and 1% is allowed", "not timed"]


def with_errors(results: list[TrialResult], arm: str, errors: dict[float, list[tuple[float, float]]]) -> list[TrialResult]:
    """The results with other training and test errors of an arm, by learning rate and seed; further seeds have the last ones."""
    made = []
    for result in results:
        rate, seed = result.trial.recipe.learning_rate, result.trial.seed
        if result.trial.name.startswith(f"{arm}-") and not result.trial.control and rate in errors and result.final:
            train, test = errors[rate][min(seed, len(errors[rate]) - 1)]
            result = replace(result, final=replace(result.final, train_error_pct=train, test_error_pct=test))
        made.append(result)
    return made


def noted(folder: Path) -> dict[str, str]:
    """The cards of the page of `depth`, by the claim's statement."""
    (page,) = make_reports(folder, "depth")
    cards = re.findall(r"<article.*?</article>", page.read_text(), re.DOTALL)
    summary = page.with_name("summary.md").read_text()
    notes = [line for card in cards for line in re.findall(r'<p class="concern">(.*?)</p>', card)]
    assert all(note in summary for note in notes)
    return {re.findall(r"<h3>(.*?)</h3>", card)[0]: card for card in cards}


STATEMENTS = {claim.id: claim.statement for claim in load_suite("depth").claims}
OLDER, YOUNGER, WORSE = (
    STATEMENTS[number] for number in ("plain-degrades", "residual-trains-no-worse-at-56", "residual-tests-better")
)


@pytest.mark.usefixtures("no_figures")
def test_a_reference_that_is_under_trained_is_objected_to_and_named_next_to_its_claims(
    clean: list[TrialResult], tmp_path: Path
) -> None:
    low = with_errors(clean, "resnet20", {0.1: [(0.4, ERROR), (0.6, ERROR), (0.5, ERROR)]})
    assert objections(store(tmp_path / "low", low)) == []
    high = with_errors(clean, "resnet20", {0.1: [(0.4, ERROR), (0.6, ERROR), (0.8, ERROR), (0.6, ERROR)]})
    (objection,) = objections(store(tmp_path / "high", high))
    assert objection.endswith(": reference under-trained (training error above 0.5%): resnet20 (0.6% at 0.1)")
    cards = noted(tmp_path / "high")
    words = "The reference resnet20 is under-trained: training error 0.6% at 0.1."
    assert words in cards[YOUNGER] and words not in cards[OLDER] and words not in cards[WORSE]


def test_the_reference_is_the_one_that_a_suite_names_or_the_first_arm_of_its_first_claim() -> None:
    suite = load_suite("depth")
    assert reference_arm(suite) == suite.reference == "resnet20"
    assert reference_arm(replace(suite, reference="")) == "plain20"
    pairs = [claim for claim in suite.claims if isinstance(claim.test, GapGrows)]
    assert pairs and reference_arm(cast(Suite, SimpleNamespace(reference="", claims=pairs))) == "resnet20"  # of pairs, the first
    assert reference_arm(replace(suite, reference="", claims=(), retired=())) is None
    assert {name: reference_arm(load_suite(name)) in load_suite(name).arms for name in suite_names()} == dict.fromkeys(
        suite_names(), True
    )


@pytest.mark.usefixtures("no_figures")
def test_an_arm_at_chance_level_is_objected_to_and_named_next_to_its_claims(clean: list[TrialResult], tmp_path: Path) -> None:
    """Of three classes random predictions have an error of 66.7%, and of 500 images 62.5% is the lower end."""
    good = with_errors(clean, "resnet8", {0.1: [(0.0, 62.0), (0.0, 61.0), (0.0, 70.0), (0.0, 61.0)]})
    assert not any("chance" in line for line in objections(store(tmp_path / "good", good)))
    poor = with_errors(clean, "resnet56", {0.05: [(60.0, 66.0), (60.0, 63.0), (0.0, 20.0), (60.0, 63.0)]})
    found = objections(store(tmp_path / "poor", poor))
    assert any(line.endswith(": at chance level: resnet56 (63% at 0.05)") for line in found), found
    cards = noted(tmp_path / "poor")
    words = "resnet56 is at chance level: test error 63% at 0.05."
    assert words in cards[YOUNGER] and words in cards[WORSE] and words not in cards[OLDER]


def test_an_arm_that_fails_in_part_is_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    """Above 33.3%, half of the error of random predictions, a run fails."""
    some = with_errors(clean, "resnet8", {0.1: [(0.0, 34.0), (0.0, 33.0), (0.0, 1.0)]})
    (objection,) = objections(store(tmp_path / "some", some))
    assert objection.endswith(": failing in part: resnet8 (4 of 5 train at 0.1)")
    every = with_errors(clean, "resnet8", {0.1: [(0.0, 34.0)] * 3})
    assert objections(store(tmp_path / "all", every)) == []


@pytest.mark.parametrize(
    ("errors", "end"),
    [
        ((3.0, 2.0, 1.0), "0.025"),
        ((1.0, 2.0, 3.0), "0.1"),
        ((2.0, 1.0, 3.0), None),
        ((1.0, 1.0, 3.0), None),  # the rate inside is as good
        ((1.0, 2.0, 1.0), "0.025"),  # of equals the smaller rate
        ((1.0, 2.0, 40.0), "0.1"),
        ((40.0, 2.0, 40.0), None),  # a rate at which runs fail is not the best
    ],
)
def test_a_best_rate_at_the_end_of_the_grid_is_objected_to_and_named_next_to_its_claims(
    clean: list[TrialResult], tmp_path: Path, errors: tuple[float, ...], end: str | None
) -> None:
    made = with_errors(
        clean, "plain56", {rate: [(0.0, error)] * 3 for rate, error in zip((0.1, 0.05, 0.025), errors, strict=True)}
    )
    found = [line.partition(": ")[2] for line in objections(store(tmp_path, made))]
    assert found == ([] if end is None else [f"best at an end of the learning rates: plain56 ({end})"])
    (study,) = Reports(Out(tmp_path).read()).studies("depth")
    concerns = {number: lines for number, lines in concerns_of(study).items() if lines}
    line = f"plain56 is best at an end of the learning rates: {end}."
    of_plain56 = [claim.id for claim in study.suite.claims if "plain56" in claim.test.contrast]
    assert 0 < len(of_plain56) < len(study.suite.claims)
    assert concerns == ({} if end is None else dict.fromkeys(of_plain56, (line,)))


def test_a_margin_worth_less_than_one_image_is_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    few = replace(POOL.facts, num_test=99)
    made = [replace(result, data=few) for result in clean]
    found = [line.partition(": ")[2] for line in objections(store(tmp_path, made))]
    of_test_error = [claim.id for claim in load_suite("depth").claims if claim.metric == "test_error_pct"]
    assert found[0] == f"margin worth less than one image: {some_of(of_test_error, SHOWN)}"
    (study,) = Reports(Out(tmp_path).read()).studies("depth")
    easy = [replace(claim, too_easy_on=("digits",)) for claim in study.suite.claims if claim.metric == "test_error_pct"]
    on_digits = replace(
        study, dataset=replace(study.dataset, name="digits"), suite=replace(study.suite, claims=tuple(easy), retired=())
    )
    said = [*referee_objections(on_digits, verdicts_of(on_digits, ()))]
    assert not any("worth less" in line for line in said)  # no claim is judged there


def test_a_number_of_seeds_that_is_no_look_is_objected_to(clean: list[TrialResult], tmp_path: Path) -> None:
    out = Out(store(tmp_path, clean))
    (study,) = Reports(out.read()).studies("depth")
    said = {
        looks: [*referee_objections(replace(study, suite=replace(study.suite, looks=looks)), ())]
        for looks in ((), (5, 10), (4, 8))
    }
    assert said == {(): [], (5, 10): [], (4, 8): ["5 seeds, not a declared look: 4, 8"]}


def test_one_split_and_missing_labels_are_objected_to(clean: list[TrialResult], tiny: Images, tmp_path: Path) -> None:
    fixed = [replace(result, trial=replace(result.trial, dataset=tiny.identity(), split=None)) for result in clean]
    out = Out(store(tmp_path, fixed))
    one = "one split of the images: its claims may hold on these images only"
    lost = "labels of the test images missing: intervals of errors leave out the sampling of images"
    assert [line.partition(": ")[2] for line in objections(tmp_path)] == [one, lost]
    out.labels.write(tiny)
    assert [line.partition(": ")[2] for line in objections(tmp_path)] == [one]
    out.labels.path(POOL.identity()).unlink()
    assert [line.partition(": ")[2] for line in objections(store(tmp_path / "pool", clean))] == []
    Out(tmp_path / "pool").labels.path(POOL.identity()).unlink()
    assert [line.partition(": ")[2] for line in objections(tmp_path / "pool")] == [lost]
