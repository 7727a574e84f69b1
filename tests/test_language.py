"""Plain English: help, messages, captions, templates and documents use one word per concept, and a function's docstring is an imperative."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("resnet_variants", "benchmarks", "analysis")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TEMPLATES = sorted((ROOT / "analysis" / "templates").glob("*.j2"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")])
# what is counted "a seed" or "a trial", as in "seconds a trial"
COUNTED = r"(seconds?|s|ms|minutes?|hours?|times|MB|trials?|blocks?|claims?|figures?|files?|images?|lines?|process|processes|rows?|threads?)"
# the word that is not used -> the one that is
GLOSSARY = {
    r"errs?\b": "has a ... error",
    r"guess\w*": "prediction, chance level",
    rf"{COUNTED} an? (seed|trial|suite|arm|image|step|epoch|run|second|minute|core|record|network|block|side|round|row)": "per seed, per trial",
    r"st(ands?|ood|anding) (beside|next to)": "is next to",
    r"(where|if|that|which|what|as|it|them|they|one|none|nothing|record|file|folder) (is|are|was|were) there\b(?! (is|are|any|no))": "exists",
    r"as (it|they) stands?": "unmodified, eager",
    r"t(ell|old|elling) (them |it )?(apart|from another)": "distinguish, resolve",
    r"(not |un)settled": "inconclusive",
    r"settles?|settling": "decide, resolve",
    r"at the (least|most)\b(?! (one|recent))": "at least, at most",
    r"pictures?": "figures; images, where they are data",
    r"thousand millions?": "billion, G",
    r"taken again": "repeated",
    r"le(t|ts|tting) go": "free",
    r"left at that": "not retried",
    r"c(ome|omes|ame) to (its|the|an|their) end": "complete",
    r"le(ft|aves?) the numbers": "is not finite",
    r"whoever|whatever|whichever": "name the subject",
    r"so many": "n",
    r"moods?|restless": "noise, noisy",
    r"(?<!ground )truths?": "ground truth",
    r"linear readers?": "linear probe",
    r"alone": "only",
    r"anew|afresh": "again, from scratch",
    r"sittings?": "timing session",
    r"tests (better|worse|no worse)|trains to": "has lower test error, reaches ... training error",
    r"ask(s|ed|ing)? (of|about|after)|ask(s|ed|ing)? an? (probe|suite)|(is|are|was|were|be) asked": "request, run",
    r"have ([\w-]+, )+[\w-]+$": "available: ...",
    r"is not possible: it must be": "must be ..., got ...",
}
FORBIDDEN = re.compile(r"(?i)(?<![\w-])(" + "|".join(f"(?:{word})" for word in GLOSSARY) + r")(?![\w-])")
# words with which no sentence in the imperative begins
NOT_VERBS = frozenset(
    [
        "a",
        "all",
        "an",
        "and",
        "any",
        "as",
        "at",
        "both",
        "but",
        "by",
        "each",
        "either",
        "every",
        "few",
        "for",
        "four",
        "from",
        "had",
        "has",
        "have",
        "here",
        "how",
        "if",
        "in",
        "into",
        "is",
        "its",
        "it",
        "less",
        "many",
        "more",
        "most",
        "neither",
        "no",
        "none",
        "not",
        "nothing",
        "of",
        "on",
        "one",
        "only",
        "or",
        "other",
        "our",
        "seconds",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "three",
        "to",
        "two",
        "under",
        "up",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whose",
        "why",
        "with",
        "without",
    ]
)


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each text of a file, docstrings among them, with its line; what stands in the braces of an f-string is code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def is_for_readers(text: str) -> bool:
    """Whether a text is a sentence or a phrase, and not a name, a pattern or a format."""
    return " " in text.strip() and not re.search(r"\\[dwsb]|\(\?", text)


def wrong_words(text: str) -> list[str]:
    return [" ".join(match[0].split()) for match in FORBIDDEN.finditer(" ".join(text.split()))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_texts_in_the_code_use_the_words_of_the_field(path: Path) -> None:
    found = {line: wrong_words(text) for line, text in strings(ast.parse(path.read_text())) if is_for_readers(text)}
    assert not {line: words for line, words in found.items() if words}


@pytest.mark.parametrize("path", [*TEMPLATES, *DOCUMENTS], ids=name_of)
def test_templates_and_documents_use_the_words_of_the_field(path: Path) -> None:
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|`[^`]*`|<[^>]*>", " ", path.read_text())
    assert not wrong_words(text)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_docstring_of_a_function_is_an_imperative_sentence(path: Path) -> None:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef) or {"property", "cached_property"} & set(map(ast.unparse, node.decorator_list)):
            continue
        text = ast.get_docstring(node)
        words = re.findall(r"[\w'-]+", text or "")
        if words and (words[0].lower() in NOT_VERBS or re.search(r"[^s]s$", words[0].lower())):
            found.append(f"{node.lineno}: {node.name}: {words[0]}")
    assert not found
