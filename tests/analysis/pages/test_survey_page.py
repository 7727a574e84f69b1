"""A survey's report is made from its session alone: costs, times, published accuracies, verdicts about quotients."""

import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from analysis.figures import COLOURS, FAMILY_COLOURS, FAMILY_MARKERS, FAMILY_WORDS, MARKERS
from analysis.inference.cells import repeats
from analysis.inference.effect_words import interval_in_words
from analysis.pages.objections import objections
from analysis.pages.overview import overview_of
from analysis.pages.sessions import sessions_of
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from analysis.tables.published import published_figure
from analysis.tables.sessions import largest_twin_difference, twin_ratios
from analysis.tables.timings import family_of
from benchmarks.spec.cost import Cost
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import Survey, load_survey, survey_names, survey_of
from benchmarks.spec.timing import Step, Workload
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.timings import Ceilings, GpuSample, NetworkTiming, TimingResult, TimingStore
from benchmarks.store.trials import TrialResult
from resnet_variants import parse
from resnet_variants.architecture import Task
from resnet_variants.catalogue import CATALOGUE
from resnet_variants.complexity import complexity_of

SURVEY = load_survey("imagenet")
SECONDS_PER_MAC = 1 / 80e9
PARTIAL = "Partial: left out: "
cost_of = cache(complexity_of)  # a network is timed in several ways, and in several tests


def session(
    environment: Environment,
    name: str = "imagenet",
    pattern: Callable[[str], bool] = bool,
    survey: Survey | None = None,
    device: str = "cpu",
) -> TimingResult:
    """A made-up session: time goes by multiply-adds, and rounds differ by some per cent; the twins take 1% longer."""
    survey = survey or load_survey(name)
    plan = survey.plan(name, [label for label in survey.networks if pattern(label)], device)
    networks = [made_up(workload, 5) for workload in plan.workloads]
    timed = [plan.workloads[0], plan.claimed[-1] if plan.claimed else plan.workloads[0]]
    ceilings = Ceilings(
        matmul_macs_per_second=(2e11,) * plan.num_rounds,
        convolution_macs_per_second=(1.6e11,) * plan.num_rounds,
        copied_bytes_per_second=(3e10,) * plan.num_rounds,
    )
    return TimingResult(
        plan=plan,
        networks=tuple(networks),
        twins=tuple(made_up(workload, 5, slower=1.01) for workload in dict.fromkeys(timed)) if plan.is_timed else (),
        order_seed=1,
        ceilings=ceilings if plan.is_timed else None,
        others_share=0.01,
        environment=replace(environment, commit="0123abc", is_dirty=False),
    )


def made_up(workload: Workload, num_rounds: int, slower: float = 1.0) -> NetworkTiming:
    counted = cost_of(workload.architecture, workload.task)
    cost = Cost(params=counted.params, macs=counted.macs, activations=counted.activations)
    once = slower * workload.batch_size * SECONDS_PER_MAC * counted.macs
    seconds = tuple(once * (1 + turn / 100) for turn in range(num_rounds))
    return NetworkTiming(
        workload=workload,
        cost=cost,
        infer_step_seconds=seconds if "infer" in workload.steps else (),
        train_step_seconds=tuple(3 * one for one in seconds) if "train" in workload.steps else (),
        infer_memory_bytes=10**8,
        compile_seconds=20.0 if workload.mode == "compiled" else None,
    )


@pytest.fixture(scope="module")
def whole(environment: Environment) -> TimingResult:
    return session(environment)


def at_hours(session: TimingResult, *hours: int) -> list[TimingResult]:
    """The same session again, each time with the same times."""
    return [replace(session, finished_at=f"2026-01-01T{hour:02}:00:00Z") for hour in hours]


def write(out: Path, *sessions: TimingResult, hours: tuple[int, ...] = (1, 2, 3)) -> Path:
    for one in sessions:
        for session in at_hours(one, *hours):
            Out(out).timings.write(session)
    return out


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name == "imagenet" else []) for name in survey_names()]
)
def test_every_survey_makes_a_report_with_all_its_figures(name: str, environment: Environment, tmp_path: Path) -> None:
    survey = load_survey(name)
    (page,) = make_reports(write(tmp_path, session(environment, name)), name)
    figures = {f"{figure}.png" for figure in survey.figures}
    files = {path.name for path in page.parent.iterdir()}
    assert files == figures | {"index.html", "summary.md", "verdicts.json", "networks.csv"}
    assert "untested" not in outcomes(page).values() and len(outcomes(page)) == len(survey.claims) > 0
    assert all(label in page.read_text() for label in survey.networks)
    assert PARTIAL not in page.read_text()
    assert page.parent.name in (tmp_path / "index.html").read_text()  # the overview has it, too
    assert objections(tmp_path) == []


@pytest.mark.usefixtures("no_figures")
def test_the_table_has_timms_columns_and_torchvisions_accuracy(whole: TimingResult, tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, whole), "imagenet")
    rows = {row["model"]: row for row in csv.DictReader(page.with_name("networks.csv").read_text().splitlines())}
    timm = [
        "model",
        "img_size",
        "batch_size",
        "param_count",
        "gmacs",
        "macts",
        "infer_samples_per_sec",
        "infer_step_time",
        "top1",
        "top1_err",
    ]
    assert set(timm) <= set(rows["resnet50"])
    resnet = rows["resnet50"]
    assert (resnet["img_size"], resnet["batch_size"], resnet["param_count"]) == ("224", "4", "25557032")
    assert rows["inception_v3"]["img_size"] == "299"
    macs = 1e9 * float(resnet["gmacs"])
    assert float(resnet["infer_samples_per_sec"]) == pytest.approx(1 / (1.02 * SECONDS_PER_MAC * macs))
    published = published_figure("resnet50", "ImageNet", "top1_accuracy_pct", {"recipe": "torchvision V1"}).value
    assert float(resnet["top1"]) == published == pytest.approx(100 - float(resnet["top1_err"]))
    assert rows["plain50"]["top1"] == ""  # torchvision has no weights of it


def test_quotients_are_judged_by_sessions_and_counts_are_exact(whole: TimingResult) -> None:
    (summary,) = sessions_of("imagenet", at_hours(whole, 1, 2, 3))
    found = {verdict.claim.id: verdict for verdict in summary.verdicts}
    retired = {verdict.claim.id: verdict for verdict in summary.retired}
    counted, timed = found["resnet152-is-lighter-than-vgg16"], found["inception-is-faster-than-resnet152"]
    assert (counted.outcome, repeats(counted), interval_in_words(counted)) == ("supported", "exact", "")
    assert (timed.outcome, repeats(timed)) == ("supported", "3 sessions")
    assert retired["resnext50-32x4d-is-as-fast"].outcome == "supported"  # time is multiply-adds in this made-up world
    assert retired["resnet50-is-as-fast-as-resnet34"].outcome == "contradicted"


@pytest.mark.usefixtures("no_figures")
def test_a_part_of_the_networks_is_a_report_of_its_own_that_says_so(whole: TimingResult, tmp_path: Path) -> None:
    part = session(whole.environment, pattern=lambda label: label.startswith("resnet"))
    pages = make_reports(write(tmp_path, whole, part), "imagenet")
    texts = {page.parent.name: page.read_text() for page in pages}
    assert len(texts) == 2
    (partial,) = [name for name, text in texts.items() if PARTIAL in text]
    assert partial.endswith(f"-{len(part.networks)}-networks")


@pytest.mark.usefixtures("no_figures")
def test_a_network_that_could_not_run_is_named_and_its_claims_are_untested(whole: TimingResult, tmp_path: Path) -> None:
    networks = [
        NetworkTiming(workload=one.workload, detail="OutOfMemoryError: too large") if one.workload == last.workload else one
        for last in [whole.networks[-1]]
        for one in whole.networks
    ]
    lost = replace(whole, networks=tuple(networks), others_share=0.4)
    (page,) = make_reports(write(tmp_path, lost), "imagenet")
    assert "Not timed: inception_v3: OutOfMemoryError: too large." in page.read_text()
    assert outcomes(page)["inception-is-faster-than-resnet152"] == "untested"
    said = [line.partition(": ")[2] for line in objections(tmp_path)]
    assert said[:2] == ["not timed: inception_v3", "0 timing sessions, too few for inception-is-faster-than-resnet152"]
    assert said[2:] == ["other programs took 40% of the machine while it was timed"] * 3


def test_a_budget_that_is_missed_is_objected_to(whole: TimingResult, tmp_path: Path) -> None:
    heavy = SURVEY.networks["resnext50_2x40d"]
    networks = [
        replace(one, cost=replace(one.cost, macs=2 * one.cost.macs)) if one.workload.architecture == heavy and one.cost else one
        for one in whole.networks
    ]
    (said,) = objections(write(tmp_path, replace(whole, networks=tuple(networks))))
    assert "budget: resnext50_2x40d differs by +101" in said


def test_sessions_of_other_networks_are_none_of_a_surveys(whole: TimingResult) -> None:
    other = replace(whole.networks[0].workload, task=replace(whole.networks[0].workload.task, num_classes=10))
    foreign = replace(whole, networks=(NetworkTiming(workload=other), *whole.networks))
    assert sessions_of("imagenet", [foreign]) == []


@pytest.mark.parametrize(
    ("label", "family"),
    [
        ("resnet50:width_per_group=66", "ResNet"),
        ("resnext50_32x4d", "ResNeXt"),
        ("preresnet18", "ResNet, pre-activation"),
        ("wide_resnet50_2", "Wide ResNet"),
        ("wrn_16_2", "Wide ResNet"),
        ("plain34", "plain"),
        ("googlenet", "without residual blocks"),
        ("resnet-50", "ResNet"),
        ("resnet110:ordering=pre", "ResNet, pre-activation"),
        ("resnext29_8x64d:shortcut=none", "plain"),
        ("mlp_3x64", "plain"),
        ("resmlp_3x64", "other residual networks"),
        ("lecture_resnet34", "other residual networks"),
    ],
)
def test_a_network_belongs_to_its_family(label: str, family: str) -> None:
    assert family_of(parse(label)) == family


def test_every_family_has_a_colour_and_a_marker_in_figures_of_surveys_and_of_suites() -> None:
    for name in CATALOGUE:
        words, family = family_of(parse(name)), parse(name).family
        assert words in FAMILY_COLOURS and words in FAMILY_MARKERS
        assert family in COLOURS and family in MARKERS and family in FAMILY_WORDS
    assert len(set(COLOURS.values())) == len(set(MARKERS.values())) == len(COLOURS)


@pytest.mark.usefixtures("no_figures")
def test_networks_timed_twice_tell_how_far_apart_the_machine_times_one(whole: TimingResult, tmp_path: Path) -> None:
    assert [math.exp(ratio) for _, ratio in twin_ratios(whole, "infer")] == pytest.approx([1.01, 1.01])
    assert twin_ratios(whole, "train") == []
    assert largest_twin_difference([whole], "infer") == pytest.approx(0.01)
    (page,) = make_reports(write(tmp_path, whole), "imagenet")
    said = (
        "resnet18 and inception_v3 were timed twice, as if each one network were two: at most 1.0% apart for a batch's inference."
    )
    assert said in unescape(page.read_text())
    small, large = whole.twins
    twice = replace(large, infer_step_seconds=tuple(second / 2 for second in large.infer_step_seconds))
    noisy = replace(whole, twins=(small, twice), finished_at="2026-01-01T05:00:00Z")
    assert largest_twin_difference([whole, noisy], "infer") == pytest.approx(1 / 0.505 - 1)
    old = replace(whole, twins=(), twin=small)
    assert largest_twin_difference([old], "infer") == pytest.approx(0.01)


def test_a_referee_objects_to_few_sessions_and_to_twins_apart(whole: TimingResult, tmp_path: Path) -> None:
    (few,) = objections(write(tmp_path / "few", whole, hours=(1, 3)))
    assert "2 timing sessions, too few for wide-resnet50-is-faster-than-resnet152, " in few
    small, large = whole.twins
    slow = replace(large, infer_step_seconds=tuple(1.225 * second / 1.01 for second in large.infer_step_seconds))
    (apart,) = objections(write(tmp_path / "apart", replace(whole, twins=(small, slow))))
    assert "one network was timed up to 22.5% apart, more than the margin of wide-resnet50-is-faster-than-resnet152, " in apart


def test_rates_are_held_against_the_machines_best(whole: TimingResult) -> None:
    (summary,) = sessions_of("imagenet", [whole])
    row = summary.networks.set_index("model").loc["resnet50"]
    assert row["infer_gmacs_per_sec"] == pytest.approx(80 / 1.02)
    assert row["infer_share_of_peak"] == pytest.approx(80 / 1.02 / 160)
    # 25.6 M weights and 11.1 M activations an image, written and read, in fp32
    assert row["macs_per_byte"] == pytest.approx(4 * 4.09e9 / (4 * (25.56e6 + 2 * 4 * 11.11e6)), rel=0.01)
    assert (
        row["infer_share_of_roof"] == row["infer_share_of_peak"]
    )  # at 36 multiply-adds a byte the flat roof is lower than the slope
    lean = summary.networks.sort_values("macs_per_byte").iloc[0]
    assert lean["infer_share_of_roof"] == pytest.approx(lean["infer_gmacs_per_sec"] / min(160, 30 * lean["macs_per_byte"]))


def test_equal_costs_are_quotients_to_the_first_of_a_budget(whole: TimingResult) -> None:
    (summary,) = sessions_of("imagenet", [whole])
    costs = {row.model: row for row in summary.networks.itertuples()}
    equal = summary.figure_data(Out(Path()))[0].equal_costs
    table = equal.set_index(["reference", "arm", "quantity"])
    pair = ("resnet50", "resnext50_2x40d")
    assert table.loc[(*pair, "macs"), "ratio"] == pytest.approx(costs[pair[1]].gmacs / costs[pair[0]].gmacs)
    assert table.loc[(*pair, "activations"), "ratio"] == pytest.approx(costs[pair[1]].macts / costs[pair[0]].macts)
    time = table.loc[(*pair, "infer_step_seconds")]
    macs_ratio = table.loc[(*pair, "macs"), "ratio"]  # the time of this world's steps
    assert [time["ratio"], time["low"], time["high"]] == pytest.approx([macs_ratio] * 3)
    assert "train_step_seconds" not in equal["quantity"].tolist()


@pytest.mark.parametrize("steps", [("train", "infer"), ()])
def test_a_suites_networks_can_be_timed_or_counted_without_training(
    steps: tuple[Step, ...], environment: Environment, tmp_path: Path
) -> None:
    suite = load_suite("cardinality")
    survey = survey_of(suite, Task(image_shape=(1, 8, 8), num_classes=10), 64, "fp32", steps)
    page_of = session(environment, "cardinality", survey=survey)
    (page,) = make_reports(write(tmp_path, page_of), "cardinality")
    judged = outcomes(page)
    assert set(judged) == {
        claim.id for claim in suite.claims if claim.measure.over == "counts" or (steps and claim.measure.over == "sessions")
    }
    assert "untested" not in judged.values()
    assert ("training step, ms" in page.read_text()) == bool(steps)
    assert objections(tmp_path) == []


def on_images(result: TrialResult, name: str) -> TrialResult:
    return replace(result, trial=replace(result.trial, dataset=replace(result.trial.dataset, name=name)))


def test_a_question_is_answered_by_the_study_on_the_suites_own_images_then_by_others_then_by_times(
    environment: Environment, make_result: Callable[..., TrialResult]
) -> None:
    suite = load_suite("width")
    survey = survey_of(suite, Task(image_shape=(1, 8, 8), num_classes=10), 64, "fp32", ("train",))
    (timed,) = sessions_of("width", [session(environment, "width", survey=survey)])
    runs = [make_result(arm, seed) for arm in suite.arms.values() for seed in range(3)]
    studies = [
        study
        for name in ("another", suite.dataset)
        for study in studies_of("width", suite, [on_images(run, name) for run in runs])
    ]
    (question,) = overview_of([timed, *(Summary(study=study) for study in studies)]).questions
    assert [strip.folder.split("/")[1].split("-")[0] for strip in question.studies] == ["digits", "another", "AMD"]
    assert question.plot is not None


@pytest.mark.usefixtures("no_figures")
def test_a_session_on_a_gpu_tells_what_launches_cost_and_what_the_gpu_said(environment: Environment, tmp_path: Path) -> None:
    made = session(replace(environment, device="cuda", gpu="NVIDIA Test"), "throughput", device="cuda")
    graphs = {one.workload.architecture for one in made.networks if one.workload.mode == "graph"}
    assert graphs == set(load_survey("throughput").networks.values())

    def on_gpu(one: NetworkTiming) -> NetworkTiming:
        """A graph takes a quarter less at inference, and a half less in training."""
        samples = tuple(GpuSample(clock_mhz=1900 + turn, power_watts=500.0, celsius=60) for turn in range(5))
        one = replace(one, gpu_samples=samples, num_throttled=1)
        if one.workload.mode != "graph":
            return one
        infer = tuple(0.75 * seconds for seconds in one.infer_step_seconds)
        train = tuple(0.5 * seconds for seconds in one.train_step_seconds)
        return replace(one, infer_step_seconds=infer, train_step_seconds=train)

    made = replace(made, networks=tuple(map(on_gpu, made.networks)))
    (page,) = make_reports(write(tmp_path, made), "throughput")
    rows = list(csv.DictReader(page.with_name("networks.csv").read_text().splitlines()))
    for row in rows:
        shares = [row["infer_launch_share"], row["train_launch_share"]]
        assert (row["mode"] == "graph" and list(map(float, shares)) == pytest.approx([0.25, 0.5])) or shares == ["", ""]
        assert (float(row["gpu_clock_mhz"]), row["num_throttled"]) == (1902, "1")
    text = unescape(page.read_text())
    assert "inference, launches</th>" in text and ">25%</td>" in text and ">50%</td>" in text
    assert (
        f"clock 1900 to 1904 MHz, power 500 to 500 W, temperature 60 to 60 \N{DEGREE SIGN}C; throttled turns, discarded and repeated: {len(rows)}."
        in text
    )
    lines = page.with_name("summary.md").read_text().splitlines()
    header = next(line for line in lines if line.endswith("| compiling, s | launches |"))
    table = lines[lines.index(header) + 1 :]
    assert {line.count("|") for line in table[: table.index("")]} == {header.count("|")}
    assert TimingStore(folder=tmp_path / "timings").read_all() == (at_hours(made, 1, 2, 3), [])
