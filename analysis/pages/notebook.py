"""Show a study in a notebook: question, answer and forest plot as on its page, in a cell that leaves the rest of the notebook as it is."""

import re

from analysis.inference.tuned import with_tuned
from analysis.pages.claim_views import claim_views
from analysis.pages.forest_plot import panels_of
from analysis.pages.formats import templates
from analysis.pages.page import Page
from analysis.pages.verdict_rows import verdict_rows

_IDS = re.compile(r'((?: id| aria-labelledby)="|href="#)')


def in_notebook(page: Page) -> str:
    """Return the HTML of a cell, with the page's rules of style inside it; its ids begin with the page's folder, so that cells do not share any."""
    rows = with_tuned(verdict_rows(page), page.tuned)
    template = templates().get_template("notebook.html.j2")
    html = template.render({"summary": page, "panels": panels_of(rows), "claims": claim_views(page), "rules": _rules()})
    return _IDS.sub(lambda found: f"{found[0]}{page.folder.replace('/', '-')}-", html)


def _rules() -> str:
    """Return the page's rules of style to be nested in those of the cell, whose colours are its own."""
    source, _, _ = templates().loader.get_source(templates(), "page.css")  # type: ignore[union-attr]  # there is a loader
    return source.replace(":root {", "& {")
