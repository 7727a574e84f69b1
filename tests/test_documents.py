"""Documents and the committed reference say what the records say."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.calibration.tables import from_csv, in_markdown, to_csv
from analysis.claims import answers_in_markdown
from analysis.inference.totals import FAILS_HERE
from analysis.pages.reports import Reports
from analysis.report import make_reports
from benchmarks.spec.claims import EXACT_KINDS
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from benchmarks.store.out import Out

ROOT = Path(__file__).parents[1]
REFERENCE, UNFINISHED = ROOT / "results" / "reference", ROOT / "results" / "unfinished"
FAST = ("constructions", "throughput")  # of the reference's reports, a study and a survey; the slow tests make all


def numbers_and_rest(value: object, place: str = "") -> tuple[dict[str, float], dict[str, object]]:
    """The fractions in a JSON value and all else in it, by their place."""
    if isinstance(value, float):
        return {place: value}, {}
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    parts = [numbers_and_rest(one, f"{place}.{name}") for name, one in inner]
    numbers, rest = ({name: one for part in parts for name, one in part[which].items()} for which in (0, 1))
    return numbers, rest or ({} if numbers else {place: value})


@pytest.mark.parametrize("name", FAST)
def test_the_store_in_the_repository_gives_the_reports_in_the_repository(name: str, records_of_the_reference: Path) -> None:
    """A recorded set of trials with its verdicts: whoever changes how a verdict is made sees it here."""
    check_reports(name, make_reports(records_of_the_reference, name, has_png=False))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*suite_names(), *survey_names()])
def test_the_whole_store_gives_every_report(name: str, all_from_reference: tuple[Path, list[Path]]) -> None:
    check_reports(name, [page for page in all_from_reference[1] if page.parts[-3] == name])


def check_reports(name: str, pages: list[Path]) -> None:
    """Compare reports that were made again with those in the repository: their texts, their numbers and which files there are."""
    assert {page.parent.name for page in pages} == {path.name for path in (REFERENCE / name).iterdir()}
    for page in pages:
        made, committed = page.parent, REFERENCE / name / page.parent.name
        assert (made / "summary.md").read_text() == (committed / "summary.md").read_text()
        verdicts, expected = (json.loads((folder / "verdicts.json").read_text()) for folder in (made, committed))
        for verdict, row in zip(verdicts, expected, strict=True):
            (found, words), (wanted, expected_words) = numbers_and_rest(verdict), numbers_and_rest(row)
            assert words == expected_words
            assert found == pytest.approx(wanted, rel=1e-9)  # SciPy's releases differ in the last digit
        assert {path.name for path in made.iterdir()} == {path.name for path in committed.iterdir()}


def test_the_reference_is_whole_and_from_clean_commits() -> None:
    reports = Reports(Out(REFERENCE).read())
    for name in suite_names():
        suite = load_suite(name)
        studies = [study for study in reports.studies(name) if study.dataset.name == suite.dataset]
        (study,) = [
            study
            for study in studies
            if replace(study.recipe, precision=RECIPES[suite.recipe].precision) == RECIPES[suite.recipe]
        ]
        seeds = {
            label: {one.trial.seed for one in study.results if study.suite.arm_of(one.trial) == arm}
            for label, arm in suite.arms.items()
        }
        assert all(found == set(range(len(found))) and len(found) >= 5 for found in seeds.values()), name
        assert len({len(found) for found in seeds.values()}) == 1, name
        environments = [result.environment for result in study.results]
        assert {environment.is_dirty for environment in environments} == {False} and all(one.commit for one in environments)
    assert {result.status for result in reports.records.results} <= {"ok", "diverged"}


def reference_outcomes(name: str) -> list[tuple[bool, str]]:
    """What the claims of a suite's regular arms came out as, on its own images by its own recipe, and whether they are exact."""
    optional = set() if name in survey_names() else {claim.id for claim in load_suite(name).optional_claims}
    study = "*" if name in survey_names() else f"{load_suite(name).dataset}-{load_suite(name).recipe}*"
    (path,) = (REFERENCE / name).glob(f"{study}/verdicts.json")
    rows = json.loads(path.read_text())
    return [
        (row["kind"] in EXACT_KINDS, FAILS_HERE if (row["outcome"], row["tier"]) == ("contradicted", "toy") else row["outcome"])
        for row in rows
        if row["claim"] not in optional
    ]


def test_the_readmes_pictures_and_counts_are_those_of_the_files() -> None:
    readme = (ROOT / "README.md").read_text()
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", readme)
    assert len(pictures) >= 2 and all((ROOT / picture).is_file() for picture in pictures)
    suites, names = [load_suite(name) for name in suite_names()], [*suite_names(), *survey_names()]
    num_claims = sum(len(suite.claims) for suite in suites) + sum(len(load_survey(name).claims) for name in survey_names())
    num_optional = sum(len(suite.optional_claims) for suite in suites)
    text = " ".join(readme.split())
    assert len(names) == 24 and f"Twenty-four suites, {num_claims} claims and {num_optional} that need optional arms" in text
    counts = Counter(found for name in names for found in reference_outcomes(name))
    kinds = {False: "claims of evidence and time", True: "counts, identities and readings of published values, which are exact,"}
    order, told = ["supported", "contradicted", FAILS_HERE, "inconclusive", "untested", "untested (too easy here)"], []
    for is_exact, words in kinds.items():
        found = {outcome: number for (of_kind, outcome), number in counts.items() if of_kind == is_exact}
        listed = [f"{found.pop(outcome)} {outcome.replace('does not', 'that do not')}" for outcome in order if outcome in found]
        assert not found
        told.append(
            f"{sum(number for (of_kind, _), number in counts.items() if of_kind == is_exact)} {words} {', '.join(listed[:-1])} and {listed[-1]}"
        )
    assert counts.total() == num_claims and f"of {told[0]}; of {told[1]}." in text
    (key,) = re.findall(r"--trial ([0-9a-f]+)", readme)
    assert len(list((REFERENCE / "trials").glob(f"*-{key}.json"))) == 1


def test_the_readmes_answers_and_lines_of_a_terminal_are_those_of_the_reports() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and line.endswith("` |")]
    answers = answers_in_markdown(REFERENCE).splitlines()
    assert len(rows) >= 10 and [row for row in rows if row not in answers] == []
    depth = REFERENCE / "depth" / "digits-splits-quick"
    assert next(line for line in lines if line.startswith("    Yes")).strip() in (depth / "summary.md").read_text()
    verdicts = {
        (row["outcome"], f"{row['effect_in_words']} [{row['interval_in_words']}]", row["statement"])
        for row in json.loads((depth / "verdicts.json").read_text())
    }
    shown = [re.fullmatch(r"    [✓~] (\w+)\*? +(.+\]) +(.+?) \.\.\.", line) for line in lines]
    found = [match.groups() for match in shown if match]
    assert len(found) == 3
    for outcome, effect, statement in found:
        assert any((outcome, effect) == row[:2] and row[2].startswith(statement) for row in verdicts), effect


@pytest.mark.parametrize("document", ["README.md", "docs/speed.md"])
def test_the_page_on_speed_says_what_its_file_says(document: str) -> None:
    page = (ROOT / document).read_text()
    found = [json.loads(path.read_text()) for path in (REFERENCE / "speed").glob("training-*.json")]
    assert found
    for result in found:
        ours, ordinary = result["loops"]["ours"], result["loops"]["ordinary"]["images_per_second"]
        numbers = f"{ours['images_per_second']:,.0f} | {ordinary:,.0f} | {ours['ratio']:.2f} | {ours['fraction_of_peak']:.0%}"
        assert f"| {numbers} | {result['depth']['seconds']:.0f} | {result['depth']['times_peak']:.2f} |" in page


def test_the_page_on_gpus_says_what_its_files_say() -> None:
    page = (ROOT / "docs" / "gpu.md").read_text()
    (training,), (step,) = (
        [json.loads(path.read_text()) for path in (REFERENCE / "speed").glob(f"gpu-{name}-*.json")]
        for name in ("training", "step")
    )
    rows = [
        f"| {name} | {row['images_per_second']:,.0f} | {row['ratio']:.2f} | {row['fraction_of_peak']:.0%} | {row['fraction_of_copy']:.0%} |"
        for name, row in training["loops"].items()
    ]
    rows += [f"| {kind} | {taken:,.0f} |" for kind, taken in step["microseconds_by_kind"].items()]
    assert len(rows) == 16 and [row for row in rows if row not in page] == []
    assert f"takes {step['step_microseconds']:,.0f} µs, and its {step['kernels_per_step']:.0f} kernels" in page


def test_the_page_on_scale_says_what_its_files_say() -> None:
    page = (ROOT / "docs" / "scale.md").read_text()
    (study,), (driver,), (executors,) = (
        [json.loads(path.read_text()) for path in (REFERENCE / "speed").glob(f"{name}-*.json")]
        for name in ("scale", "driver", "executors")
    )
    rows = [f"| {name} | {one['arms']} | {one['trials']} | {one['core_hours']:,.0f} |" for name, one in study["suites"].items()]
    columns = ("cifar_hours", "cifar_hours_one_trial", "imagenet_hours")
    rows += [
        "| {} | {:.1f} | {:.1f} | {:.1f} |".format(number, *(study[column][number] for column in columns))
        for number in study[columns[0]]
    ]
    for one in driver["measured"]:
        times = " | ".join(f"{1000 * one[part]:.2f}" for part in ("run", "resume", "read"))
        rows.append(f"| {one['trials']:,} | {times} | {one['run_peak_bytes'] / 1e6:.0f} | {one['read_peak_bytes'] / 1e6:,.0f} |")
    for one in executors["measured"]:
        rows.append(
            f"| {one['executor']} | {one['seconds']:.0f} | {one['start_seconds']:.1f} | {1000 * one['overhead_seconds']:.0f} |"
        )
    assert [row for row in rows if row not in page] == [] and executors["are_equal"]


def test_the_page_on_the_method_shows_the_calibration_of_the_file() -> None:
    text = (REFERENCE / "calibration.csv").read_text()
    cells = from_csv(text)
    assert to_csv(cells) == text and in_markdown(cells) in (ROOT / "docs" / "method.md").read_text()
    record = json.loads((REFERENCE / "calibration.json").read_text())
    assert record["is_dirty"] is False and record["out"] == "results/reference"
    assert f"`--repeats {record['repeats']}`, commit {record['commit'][:7]}" in (ROOT / "docs" / "method.md").read_text()


def test_the_readmes_first_commands_are_the_two() -> None:
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines()]
    commands = [line for line in lines if line.startswith("pip install")]
    assert commands[:2] == ["pip install -e . && python -m benchmarks.run --suite depth", "pip install -e '.[test]' && pytest"]


@pytest.mark.slow
@pytest.mark.skipif(not UNFINISHED.is_dir(), reason="no study is under way")
def test_unfinished_studies_have_plans_and_clean_records_and_no_pages() -> None:
    found = Out(UNFINISHED).read()
    assert found.unreadable == [] and found.results
    assert {result.environment.is_dirty for result in found.results} == {False}
    assert Out(UNFINISHED).plans.read_all()[0] and Out(UNFINISHED).plans.read_all()[1] == []
    assert not [*UNFINISHED.rglob("*.html"), *UNFINISHED.rglob("*.safetensors")]
