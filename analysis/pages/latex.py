"""Write text, tables and references as LaTeX and BibTeX, with every special sign escaped."""

import re
from collections.abc import Iterable, Sequence

from analysis.tables.references import Reference

SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{MIDDLE DOT}": r"$\cdot$",
    "\N{LEFT SINGLE QUOTATION MARK}": "`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{NO-BREAK SPACE}": "~",
}
BREAKS = re.compile(r"\s+")


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it, without line breaks. Letters beyond ASCII stay: LaTeX reads UTF-8."""
    return "".join(SIGNS.get(sign, sign) for sign in BREAKS.sub(" ", text))


def comment(text: str) -> str:
    """Return a text as one line that LaTeX leaves out."""
    return f"% {BREAKS.sub(' ', text)}"


def cited(papers: Sequence[Reference]) -> str:
    r"""Return the citation of these papers, to follow a word; "" without any."""
    return rf"~\cite{{{','.join(paper.key for paper in papers)}}}" if papers else ""


def table(columns: str, header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, label: str) -> str:
    """Return a table of the package booktabs; the cells and the caption are LaTeX."""
    lines = [" & ".join(row) + r" \\" for row in rows]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\small",
            rf"\caption{{{caption}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(header) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def bibtex(papers: Iterable[Reference]) -> str:
    """Return an entry per paper, in the order of keys: what is not known of a paper is left out, and its arXiv number is there."""
    return "\n\n".join(map(_entry, sorted(papers, key=lambda paper: paper.key)))


def _entry(paper: Reference) -> str:
    fields = {
        "author": escaped(paper.authors),
        "title": f"{{{escaped(paper.title)}}}" if paper.title else f"arXiv:{paper.arxiv}",
        "year": str(paper.year),
        "eprint": paper.arxiv,
        "archiveprefix": "arXiv",
        "howpublished": f"arXiv:{paper.arxiv}",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{paper.key},", *lines, "}"])
