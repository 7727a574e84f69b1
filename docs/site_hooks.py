"""Put into the site what lies outside docs/: the reference's reports, the examples, and the documents at the top of the repository.

Documents link to these by their place in the repository, so that the links work there, too; the hooks turn them into links of the site. Nothing
is committed twice.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"
TOP = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
RECORDS = frozenset({"trials", "timings", "probes", "labels", "speed"})  # what the reports are made from
PAGES, DATA = ("index.html", "claims_map.*"), (".html", ".svg", ".png", ".csv", ".json", ".txt")
TARGET = re.compile(r"(?<=\]\()(?P<target>[^)#\s:]+)(?=[)#])")


def reports() -> Iterator[Path]:
    """Yield the files of the reference's reports, and of its overview."""
    for pattern in PAGES:
        yield from sorted(REFERENCE.glob(pattern))
    for folder in sorted(path for path in REFERENCE.glob("*/*") if path.is_dir() and path.parent.name not in RECORDS):
        yield from (path for path in sorted(folder.iterdir()) if path.suffix in DATA or path.name == "summary.md")


def place_of(path: Path) -> str:
    """Return the place in the site of a file of the repository; a summary in Markdown stays text, and is not a page."""
    if path.is_relative_to(REFERENCE):
        place = f"reference/{path.relative_to(REFERENCE).as_posix()}"
        return f"{place}.txt" if path.suffix == ".md" else place
    if path.parent == ROOT:
        return path.name.lower()
    return path.relative_to(ROOT / "docs" if path.is_relative_to(ROOT / "docs") else ROOT).as_posix()


def on_files(files: Files, config: Any) -> Files:
    """Add the reports, the examples, and the documents at the top."""
    for path in (*reports(), *sorted((ROOT / "examples").glob("*.py")), *(ROOT / name for name in TOP)):
        if path.is_relative_to(REFERENCE) and path.suffix == ".html":
            text = re.sub(r'(href="[^":]*summary\.md)(?=["#])', r"\1.txt", path.read_text(encoding="utf-8"))
            files.append(File.generated(config, place_of(path), content=text))
        else:
            files.append(File.generated(config, place_of(path), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files of the repository into links of the site."""
    home = ROOT if page.file.src_uri in {name.lower() for name in TOP} else ROOT / "docs"

    def moved(match: re.Match[str]) -> str:
        path = (home / match["target"]).resolve()
        return place_of(path) if path.exists() and path.is_relative_to(ROOT) else match["target"]

    return TARGET.sub(moved, markdown)
