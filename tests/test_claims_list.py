"""The page of every claim is that of the suites and of the reference, and names what has no claim."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from analysis.claims import in_markdown, left_out, tables_in_markdown
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.survey import Survey, load_survey, survey_names

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"
NAMES = [*suite_names(), *survey_names()]


def shipped(name: str) -> Suite | Survey:
    return load_suite(name) if name in suite_names() else load_survey(name)


def claimed(name: str) -> list[str]:
    """Ids of the claims in use, optional ones included."""
    found = shipped(name)
    return [claim.id for claim in (*found.claims, *(found.optional_claims if isinstance(found, Suite) else ()))]


@cache
def sections() -> dict[str, str]:
    """The parts of the committed page by their titles, without what a colon adds."""
    parts = re.split(r"(?m)^## ", (ROOT / "docs" / "claims.md").read_text())[1:]
    return {re.split(r"[:\n]", part, maxsplit=1)[0]: part for part in parts}


def ids_in_rows(section: str) -> list[str]:
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    return [found[1] for row in rows if (found := re.search(r"\| `([^`]+)` \|", row))]


def test_the_page_of_claims_is_the_list_for_the_reference() -> None:
    """If not: python -m analysis.claims results/reference --write docs/claims.md"""
    assert (ROOT / "docs" / "claims.md").read_text() == in_markdown(REFERENCE)


def test_the_page_of_verdicts_has_the_tables_of_the_reference_and_the_objections_to_it() -> None:
    """If not: python -m analysis.claims results/reference --tables --write docs/results.md"""
    page = (ROOT / "docs" / "results.md").read_text()
    assert page == tables_in_markdown(REFERENCE)
    for name in NAMES:
        for folder in (REFERENCE / name).iterdir():
            has_claims = json.loads((folder / "verdicts.json").read_text()) != []
            assert (f"### {name}, {folder.name}\n" in page) == has_claims
    assert "## Conditions" not in page and "## Networks" not in page


def test_a_suites_study_on_its_own_images_comes_before_others_and_before_its_timing_sessions() -> None:
    headings = [line for line in (ROOT / "docs" / "results.md").read_text().splitlines() if line.startswith("### width, ")]
    assert [heading.split(", ")[1].split("-")[0] for heading in headings] == ["digits", "cifar10", "AMD"]


def test_every_suite_and_survey_has_its_section_and_no_other_has() -> None:
    assert list(sections()) == [*NAMES, "Not tested here"]


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_of_a_suite_is_in_its_section_once_and_every_retired_one_is_named(name: str) -> None:
    section = sections()[name]
    assert ids_in_rows(section) == claimed(name)
    (retired,) = re.findall(r"(?m)^Retired: (.*)$", section) or [""]
    for claim in shipped(name).retired:
        after = ", ".join(f"`{number}`" for number in claim.superseded_by)
        assert retired.count(f"`{claim.id}` ({f'now {after}' if after else 'nobody claimed it'})") == 1, claim.id
        assert f"| `{claim.id}` |" not in section


def test_each_assertion_without_a_claim_has_its_source_and_reason_and_names_claims_that_exist() -> None:
    rows = left_out()
    assert rows and len({row.assertion for row in rows}) == len(rows)
    known = {*NAMES, *(f"{name}/{number}" for name in NAMES for number in claimed(name))}
    for row in rows:
        cells = (row.assertion, row.source, row.why)
        assert all(cell and cell == cell.strip() and "|" not in cell for cell in cells), row
        assert {*re.findall(r"`([^`]+)`", row.why)} <= known
        assert sections()["Not tested here"].count(f"| {row.assertion} | {row.source} | {row.why} |") == 1
