"""List every claim with its source and its verdicts, and what cannot be tested here: python -m analysis.claims OUT

`docs/claims.md` is this list for the reference, `docs/results.md` the tables of its reports (`--tables`), and the README's table has its answers
(`--answers`). The verdicts are those of the reports in OUT; nothing is judged here.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import typer

from analysis.inference.cells import KINDS
from analysis.inference.totals import FAILS_HERE
from analysis.pages.formats import templates
from analysis.pages.objections import objections
from analysis.pages.overview import ORDER
from benchmarks.spec.claims import Claim, Kind
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.survey import Survey, load_survey, survey_names
from benchmarks.store.files import write_whole
from resnet_variants.command import start

LEFT_OUT, SUMMARY, TRIALS = "left_out.csv", "summary.md", "trials.csv"
READ = {"claim", "outcome", "tier", "is_exploratory"}  # of a verdict in a report's verdicts.json


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedClaim:
    """A claim, whether it needs optional arms, and what each report that holds it says of it, such as "digits: supported (toy)"."""

    claim: Claim
    is_optional: bool
    verdicts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedSuite:
    """A suite or survey with its question, its claims, and its retired claims."""

    name: str
    question: str
    claims: tuple[ListedClaim, ...]
    retired: tuple[Claim, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """An assertion of a paper or a course that has no claim here, its source, and why."""

    assertion: str
    source: str
    why: str


def left_out() -> tuple[LeftOut, ...]:
    """Read the assertions that have no claim."""
    text = Path(__file__).with_name(LEFT_OUT).read_text(encoding="utf-8")
    return tuple(LeftOut(**row) for row in csv.DictReader(text.splitlines()))


def listed_suites(out: Path) -> list[ListedSuite]:
    """Return all suites and surveys with the verdicts of their reports in OUT."""
    return [_listed(name, out) for name in (*suite_names(), *survey_names())]


def _listed(name: str, out: Path) -> ListedSuite:
    shipped = load_suite(name) if name in suite_names() else load_survey(name)
    optional = shipped.optional_claims if isinstance(shipped, Suite) else ()
    found = [(path.parent.name, _rows(path)) for path in sorted((out / name).glob("*/verdicts.json"))]
    return ListedSuite(
        name=name,
        question=shipped.question,
        claims=tuple(
            ListedClaim(claim=claim, is_optional=claim in optional, verdicts=tuple(_verdicts(claim.id, found)))
            for claim in (*shipped.claims, *optional)
        ),
        retired=shipped.retired,
    )


def _rows(path: Path) -> list[dict[str, object]]:
    """Read the verdicts of a report."""
    try:
        rows: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
        if all(row.keys() >= READ for row in rows):
            return rows
    except (ValueError, AttributeError, TypeError):
        pass
    raise ValueError(f"{path} does not hold the verdicts of a report: make it again with python -m analysis.report")


def _verdicts(claim: str, reports: Sequence[tuple[str, list[dict[str, object]]]]) -> Iterator[str]:
    """Yield the verdict of a claim in each report."""
    for label, rows in reports:
        for row in (row for row in rows if row["claim"] == claim):
            words = FAILS_HERE if (row["outcome"], row["tier"]) == ("contradicted", "toy") else str(row["outcome"])
            yield f"{label}: {words} ({row['tier']}{', exploratory' if row['is_exploratory'] else ''})"


def in_markdown(out: Path) -> str:
    """Return the list as Markdown.

    Raises:
        ValueError: there is no folder OUT, or the verdicts of one of its reports cannot be read.
    """
    if not out.is_dir():
        raise ValueError(f"{out} is not a folder: name the folder of a run")
    suites = listed_suites(out)
    kinds: Counter[Kind] = Counter(listed.claim.kind for suite in suites for listed in suite.claims)
    counts = {KINDS[kind]: kinds[kind] for kind in get_args(Kind) if kinds[kind]}
    template = templates().get_template("claims.md.j2")
    return template.render(suites=suites, counts=counts, num_claims=kinds.total(), left_out=left_out())


def tables_in_markdown(out: Path) -> str:
    """Return the tables of verdicts of all reports of shipped suites and surveys as Markdown, suite by suite, and a referee's objections.

    Raises:
        ValueError: there is no folder OUT, or a report in it has no table of verdicts.
    """
    if not out.is_dir():
        raise ValueError(f"{out} is not a folder: name the folder of a run")
    names = (*suite_names(), *survey_names())
    shipped = {name: load_suite(name) if name in suite_names() else load_survey(name) for name in names}
    reports = {name: list(_tables((out / name).glob(f"*/{SUMMARY}"), one)) for name, one in shipped.items()}
    questions = {name: one.question for name, one in shipped.items()}
    found = objections(out)
    return templates().get_template("results.md.j2").render(reports=reports, questions=questions, objections=found)


def answers_in_markdown(out: Path) -> str:
    """Return the answers of the reports of shipped suites and surveys on their own images by their own recipe, as rows of a Markdown table.

    Raises:
        ValueError: there is no folder OUT, or a report in it has no answer.
    """
    if not out.is_dir():
        raise ValueError(f"{out} is not a folder: name the folder of a run")
    rows = ["| question | answer | suite |", "| --- | --- | --- |"]
    for name in ORDER:
        shipped = load_suite(name) if name in suite_names() else load_survey(name)
        pattern = f"{shipped.dataset}-{shipped.recipe}*" if isinstance(shipped, Suite) else "*"
        rows += [
            f"| {shipped.question} | {_answer(path)} | `{name}` |" for path in sorted((out / name).glob(f"{pattern}/{SUMMARY}"))
        ]
    return "\n".join([*rows, ""])


def _answer(path: Path) -> str:
    """Return the answer of a report, which is its first line in bold."""
    found = re.search(r"^\*\*(.+)\*\*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{path} does not hold an answer: make it again with python -m analysis.report")
    return found[1]


def _tables(paths: Iterable[Path], shipped: Suite | Survey) -> Iterator[tuple[str, str]]:
    """Yield the setting of each report, its folder's name, and its tables of verdicts, if it has any.

    A study on the suite's own images comes first, then those on others, then timing sessions.
    """
    own = f"{shipped.dataset}-" if isinstance(shipped, Suite) else ""
    settings = {path: path.parent.name for path in paths}
    for path in sorted(
        settings, key=lambda path: (not path.with_name(TRIALS).exists(), not settings[path].startswith(own), path)
    ):
        _, _, rest = path.read_text(encoding="utf-8").partition("## Verdicts\n\n")
        if not rest:
            raise ValueError(f"{path} does not hold the verdicts of a report: make it again with python -m analysis.report")
        tables = re.split(r"^(?:## |- `)", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
        if tables:
            yield settings[path], tables


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder whose reports give the verdicts.")] = Path(
        "results/reference"
    ),
    tables: Annotated[
        bool, typer.Option("--tables", help="The reports' tables of verdicts instead, and what analysis.check objects to.")
    ] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="A row per question with its answer instead, as in the README.")
    ] = False,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the list into this file instead.")] = None,
) -> None:
    """Print every claim with its source and its verdicts, and the assertions that cannot be tested here."""
    try:
        make = answers_in_markdown if answers else tables_in_markdown if tables else in_markdown
        text = make(out)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if write is None:
        typer.echo(text, nl=False)
        return
    try:
        write_whole(write, text)
    except OSError as error:
        raise typer.BadParameter(f"--write {write} cannot be written ({error.strerror}): name another file") from error


if __name__ == "__main__":
    start(main)
