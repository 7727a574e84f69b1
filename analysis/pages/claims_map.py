"""Lay the map of claims out: claims as rows by suite, studies as columns, the pooled effect, and what each answer depends on.

Only claims with a verdict in several settings have a row; those with one are listed by suite, and those without any are counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.inference.claims_map import Judged, MapRow, map_rows
from analysis.inference.factors import Setting
from analysis.inference.totals import outcome_words
from analysis.inference.verdicts import Verdict
from analysis.pages.map_cells import judged_in
from analysis.pages.map_words import (
    DASH,
    DOT,
    MARKS,
    cell_title,
    dependence_in_words,
    effect_in_words,
    heterogeneity,
    kind_of,
    summary_of,
)
from analysis.pages.page import Page
from analysis.pages.survey_page import SurveySummary

Link = Callable[[str], str | None]  # folder of a report to the address of its page, None without a page


@dataclass(frozen=True, kw_only=True, slots=True)
class MapColumn:
    """A column: the data or the machine, how it was trained or timed, and the label that its studies' folders share."""

    label: str
    what: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MapCell:
    """Verdict of a study: the kind of its outcome, its mark and words, a title, the link to it, and mark, kind, rate and title at each rate."""

    kind: str
    mark: str
    words: str
    title: str
    link: str | None
    rates: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MapLine:
    """A claim as a row of the table: cells by column label, the pooled effect or why there is none, and what the answer depends on."""

    claim: str
    statement: str
    cells: Mapping[str, MapCell]
    pooled: str
    spread: str
    notes: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MapGroup:
    """Lines of a suite, and its claims with a verdict in one setting: each with its statement, cell and column."""

    suite: str
    question: str
    lines: tuple[MapLine, ...]
    single: tuple[tuple[str, MapCell, MapColumn], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimsMap:
    """Map of the claims of reports; `rows` are its values, all else is for the templates.

    `num_single` claims have a verdict in one setting, and `num_unjudged` in none. `marks` are the key: mark, word and kind of each outcome
    that occurs.
    """

    rows: tuple[MapRow, ...]
    columns: tuple[MapColumn, ...]
    groups: tuple[MapGroup, ...]
    summary: tuple[tuple[str, int, int, int], ...]
    num_several: int
    num_single: int
    num_unjudged: int
    marks: tuple[tuple[str, str, str], ...]


def rows_of(pages: Iterable[Page]) -> list[MapRow]:
    """Return a row per claim that these reports judge, with everything that they say of it."""
    return map_rows(judged for page in pages for judged in judged_in(page))


def claims_map(pages: Sequence[Page], link: Link = lambda folder: f"{folder}/index.html") -> ClaimsMap:
    """Return the map of the claims of these reports; `link` gives the address of a report's page, None if it does not exist."""
    rows, places = rows_of(pages), {_label(page.folder): _column(page) for page in pages}
    judged = [row for row in rows if row.has_verdict]
    several, single = ([row for row in judged if (row.num_tested > 1) == is_several] for is_several in (True, False))
    used = Counter(_label(one.folder) for row in several for one in row.judged if _is_shown(one))
    columns = [places[label] for label, _ in used.most_common()]
    questions = {page.name: page.question for page in pages}
    groups = [
        MapGroup(
            suite=suite,
            question=question,
            lines=tuple(_line(row, columns, link) for row in several if row.suite == suite),
            single=tuple(_single(row, places, link) for row in single if row.suite == suite),
        )
        for suite, question in questions.items()
    ]
    kinds = dict.fromkeys(kind_of(verdict) for row in rows for one in row.judged for verdict in (one.verdict, *_at_rates(one)))
    return ClaimsMap(
        rows=tuple(rows),
        columns=tuple(columns),
        groups=tuple(group for group in groups if group.lines or group.single),
        summary=tuple(summary_of(several)),
        num_several=len(several),
        num_single=len(single),
        num_unjudged=len(rows) - len(judged),
        marks=tuple((mark, _KEY[kind], kind) for kind, mark in MARKS.items() if kind in kinds),
    )


_KEY = {
    "supported": "supported",
    "contradicted": "contradicted, or does not hold here",
    "depends": "depends on the rate",
    "inconclusive": "inconclusive",
    "untested": "untested",
}


def _label(folder: str) -> str:
    return folder.partition("/")[2]


def _column(page: Page) -> MapColumn:
    """Return the column of a report."""
    label = _label(page.folder)
    if isinstance(page, SurveySummary):
        how = f"batches of {page.batch_size}" if page.timing.plan.is_timed else "counted"
        return MapColumn(label=label, what=page.timing.environment.machine, how=how)
    cells = [cell for one in judged_in(page) for cell in one.cells if cell.setting.recipe]
    setting = cells[0].setting if cells else Setting()
    what = setting.dataset[0] if setting.dataset else label
    return MapColumn(label=label, what=what, how=f"{setting.recipe or ''} {DOT} {setting.precision or ''}".strip(f" {DOT}"))


def _is_shown(judged: Judged) -> bool:
    return judged.verdict.is_tested or any(cell.verdict.is_tested for cell in judged.cells)


def _at_rates(judged: Judged) -> list[Verdict]:
    return [cell.verdict for cell in judged.cells]


def _line(row: MapRow, columns: Sequence[MapColumn], link: Link) -> MapLine:
    cells = {_label(one.folder): _cell(one, link) for one in row.judged}
    return MapLine(
        claim=f"{row.suite}/{row.claim.id}",
        statement=row.claim.statement,
        cells={column.label: cells[column.label] for column in columns if column.label in cells},
        pooled=effect_in_words(row.claim, row.pooled) if row.pooled else DASH,
        spread=heterogeneity(row.claim, row.pooled) if row.pooled else row.why_not,
        notes="; ".join(row.notes),
        depends_on=tuple(dependence_in_words(row)),
    )


def _cell(judged: Judged, link: Link) -> MapCell:
    """Return the cell of a study; its rates are listed if there are several."""
    rates = tuple(
        (MARKS[kind_of(cell.verdict)], kind_of(cell.verdict), f"{cell.setting.rate:g}", cell_title(cell))
        for cell in judged.cells
        if len(judged.cells) > 1 and cell.setting.rate is not None
    )
    page, verdict = link(judged.folder), judged.verdict
    return MapCell(
        kind=kind_of(verdict),
        mark=MARKS[kind_of(verdict)],
        words=outcome_words(verdict),
        title=cell_title(judged.cells[0]) if len(judged.cells) == 1 else f"{outcome_words(verdict)} over all rates",
        link=f"{page}#{judged.claim.id}" if page else None,
        rates=rates,
    )


def _single(row: MapRow, places: Mapping[str, MapColumn], link: Link) -> tuple[str, MapCell, MapColumn]:
    """Return the statement, the cell and the column of a claim with a verdict in one setting."""
    one = next(one for one in row.judged if _is_shown(one))
    return row.claim.statement, _cell(one, link), places[_label(one.folder)]
