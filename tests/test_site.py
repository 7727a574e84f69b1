"""The documents: every page is in the contents, every link leads somewhere, and the site that is built from them needs no network."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *DOCS]
OUTSIDE = ("reference/index.html", "contributing.md", "security.md", "changelog.md")  # put into the site by docs/site_hooks.py


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pages_in(contents: object) -> Iterator[str]:
    """The pages that the contents of the site name, in their order."""
    if isinstance(contents, str):
        yield contents
    else:
        for part in contents.values() if isinstance(contents, dict) else contents:  # type: ignore[attr-defined]
            yield from pages_in(part)


def anchors_of(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and the site make them."""
    text = re.sub(r"(?m)^ {4}.*$", "", path.read_text())
    titles = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_of_the_documents_is_in_the_contents() -> None:
    contents = list(pages_in(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    assert sorted(contents) == sorted([*(path.name for path in DOCS), *OUTSIDE])


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_relative_link_of_the_documents_leads_somewhere(path: Path) -> None:
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        parts = urlparse(target)
        if parts.scheme:
            continue
        there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        is_known = not parts.fragment or there.suffix != ".md" or parts.fragment in anchors_of(there)
        if not there.is_relative_to(ROOT) or not there.exists() or not is_known:
            wrong.append(target)
    assert not wrong


def test_the_trial_that_the_documents_repeat_is_in_the_reference() -> None:
    (key,) = {key for path in DOCS for key in re.findall(r"--trial ([0-9a-f]{12})", path.read_text())}
    assert len(list((ROOT / "results" / "reference" / "trials").glob(f"*-{key}.json"))) == 1


def test_the_citation_names_what_the_project_file_does() -> None:
    """The keys that schema 1.2.0 of the Citation File Format requires, and the values that pyproject.toml has, too."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys() and citation["cff-version"] == "1.2.0"
    assert [citation[key] for key in ("title", "version", "license")] == [project[key] for key in ("name", "version", "license")]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    assert citation["keywords"] == project["keywords"]


def test_the_workflow_runs_what_a_new_machine_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert [step["run"] for step in workflow["jobs"]["run"]["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("mkdocs") is None:
        pytest.skip("needs pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


@pytest.mark.slow
def test_the_site_requests_nothing_and_all_its_links_lead_somewhere(site: Path) -> None:
    loaded = re.compile(r"<(?:script|img|iframe|link rel=\"?(?:stylesheet|preconnect|preload|icon))[^>]*(?:src|href)=\"?https?:")
    missing = []
    for page in sorted(site.rglob("*.html")):
        text = page.read_text()
        assert not loaded.search(text) and "fonts.g" not in text, page
        for target in re.findall(r"(?:href|src)=\"([^\"#][^\"]*)\"", text) if page.name != "404.html" else ():
            parts = urlparse(target)
            if not parts.scheme and not (page.parent / unquote(parts.path)).exists():
                missing.append(f"{page.relative_to(site)}: {target}")
    assert not missing
    assert not [path for path in site.rglob("*.css") if re.search(r"url\(\"?https?:|@import", path.read_text())]


@pytest.mark.slow
def test_the_site_holds_the_reports_of_the_reference(site: Path) -> None:
    reports = sorted((ROOT / "results" / "reference").glob("*/*/index.html"))
    assert len(reports) > 20
    for report in reports:
        assert (site / "reference" / report.relative_to(ROOT / "results" / "reference")).exists()
    assert not list(site.rglob("trials/*.json"))
