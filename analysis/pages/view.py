"""Gather what the templates of a page show, from its content, its drawn figures and the rows of its verdicts.json."""

from collections.abc import Iterable, Sequence

from analysis.figures import STYLESHEET
from analysis.pages.claim_views import claim_views
from analysis.pages.declared import declaration, repeating_command
from analysis.pages.drawing import Drawings
from analysis.pages.forest_plot import Row, panels_of
from analysis.pages.hero import hero_width
from analysis.pages.links import command_of_runs, links_of
from analysis.pages.page import Page
from analysis.pages.page_tables import PageTable, numbered
from analysis.pages.study_page import Summary
from analysis.pages.study_tables import sources_of, study_tables
from analysis.pages.survey_page import SurveySummary
from analysis.pages.survey_tables import survey_tables
from benchmarks.store.out import Out

PARTS = {  # that a page may have below its claims, by anchor: what it needs, and its title
    "section-mistakes": ("sheets", "Misclassified images"),
    "section-predictions": ("predictions", "Predictions before the run"),
    "section-tuned": ("tuned", "Each at its own best rate"),
    "section-arms": ("arms", "Arms"),
    "section-networks": ("networks", "Networks"),
    "section-speed": ("speed", "Speed"),
    "section-probes": ("probes", "Probes"),
    "section-published": ("sources", "Published values"),
    "section-method": ("", "How it was tested"),
    "section-conditions": ("", "Conditions"),
    "section-trials": ("trials", "Every trial"),
    "section-retired": ("retired", "Retired claims"),
    "section-files": ("", "Files and further reading"),
}


def view_of(page: Page, out: Out, rows: Sequence[Row], drawings: Drawings, others: Iterable[str]) -> dict[str, object]:
    """Return the values of a page's templates; `others` are the folders of the reports next to it, relative to OUT."""
    tables, own = _tables(page), page.values(out)
    sources = list(numbered(sources_of(page))[1]) if isinstance(page, Summary) else []
    repeating = repeating_command(out, page)
    shown = {**tables, **own, "tuned": page.tuned, "retired": getattr(page, "retired", ()), "sources": sources}
    warnings = (*page.warnings, *drawings.left_out)
    hero = drawings.figures[0].inline if drawings.figures else ""
    return own | {
        "summary": page,
        "hero_width": hero_width(hero, page.question, page.answer, has_warnings=bool(warnings)),
        "figures": drawings.figures,
        "warnings": warnings,
        "declaration": declaration(out, page),
        "repeating_command": repeating,
        "panels": panels_of(rows),
        "claims": claim_views(page),
        "tables": {**dict.fromkeys(("arms", "speed", "probes", "published", "elsewhere", "trials", "networks")), **tables},
        "sources": sources,
        "links": links_of(page, others, command_of_runs(page, repeating)),
        "stylesheet": STYLESHEET,
        "parts": [(anchor, title) for anchor, (needed, title) in PARTS.items() if not needed or shown.get(needed)],
    }


def _tables(page: Page) -> dict[str, PageTable]:
    if isinstance(page, Summary):
        return study_tables(page)
    return survey_tables(page) if isinstance(page, SurveySummary) else {}
