"""Links of a page: to the overview, to the same suite on other data, to its own files, and the command of its runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from benchmarks.spec.settings import recipe_name

OVERVIEW = "../../index.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Addresses of a page, relative to its folder, and the folders of the other reports of its suite."""

    overview: str
    siblings: tuple[str, ...]
    files: tuple[str, ...]
    command: str


def links_of(page: Page, others: Iterable[str], command: str) -> Links:
    """Return the links of a page; `others` are the folders of reports that exist or are being written, relative to OUT."""
    suite, _, own = page.folder.partition("/")
    names = (folder.partition("/") for folder in others)
    return Links(
        overview=OVERVIEW,
        siblings=tuple(sorted(label for name, _, label in names if name == suite and label != own)),
        files=(page.frame_file, "verdicts.json", "summary.md"),
        command=command,
    )


def command_of_runs(page: Page, repeating: str) -> str:
    """Return the command that makes the records of a page: of a study with its data and recipe, where they are not the suite's own."""
    if not isinstance(page, Summary):
        return repeating
    study, parts = page.study, [f"python -m benchmarks.run --suite {page.name}"]
    if study.dataset.name != study.suite.dataset:
        parts.append(f"--dataset {study.dataset.name}")
    if recipe_name(study.recipe) != study.suite.recipe:
        parts.append(f"--recipe {recipe_name(study.recipe)}")
    return " ".join([*parts, "--out OUT"])
