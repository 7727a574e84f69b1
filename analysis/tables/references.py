"""Papers that claims name, by the arXiv number in the source of a claim: authors and title where this project knows them for certain."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ARXIV = re.compile(r"(?<![\d.])(\d{2})(\d{2}\.\d{4,5})(?![\d.])")
TABLE = Path(__file__).with_name("references.csv")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A paper on arXiv; authors, as BibTeX has them, and title are "" where they are not known here."""

    arxiv: str
    authors: str = ""
    title: str = ""

    @property
    def year(self) -> int:
        """Year of its first version, which its number begins with."""
        return 2000 + int(self.arxiv[:2])

    @property
    def key(self) -> str:
        """Key of a citation, such as "he2015-1512.03385"."""
        name = re.sub(r"[^a-z]", "", self.authors.partition(",")[0].lower())
        return f"{name or 'arxiv'}{self.year}-{self.arxiv}"


def references_in(source: str) -> list[Reference]:
    """Return the papers that a source names, in its order."""
    known = _known()
    numbers = dict.fromkeys("".join(found) for found in ARXIV.findall(source) if 1 <= int(found[1][:2]) <= 12)
    return [known.get(number, Reference(arxiv=number)) for number in numbers]


def references_of(sources: Iterable[str]) -> list[Reference]:
    """Return the papers that any of these sources names, each once."""
    return list(dict.fromkeys(paper for source in sources for paper in references_in(source)))


@cache
def _known() -> dict[str, Reference]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["arxiv"]: Reference(**row) for row in csv.DictReader(lines)}
