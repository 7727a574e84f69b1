"""What a reader of a page meets first has words for arms, never the names that a user types: answers, claims' rows and what they open."""

import re
from html import unescape
from pathlib import Path

import pytest

from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names

Made = tuple[Path, list[Path]]
RAW = re.compile(
    r"\b(?:plain|(?:pre)?resnet|res_?mlp|mlp|wrn|wide_resnet|resnext|vgg|lecture)_?\d\w*(?::[\w=,.-]+)?"
    r"|\b(?:lecture|mlp|resmlp|inception|vgg\d+)_\w+|\b[a-z_]+=[\w.-]+|\bwith seed \d"
)
ANSWER = re.compile(r'<p class="answer"[^>]*>(.*?)</p>', re.DOTALL)
CLAIMS = re.compile(r'<details class="claim .*?</div>\s*</details>', re.DOTALL)
SOURCE = re.compile(r'<p class="source">.*?</p>', re.DOTALL)  # papers, and the link of the claim itself
TAG = re.compile(r"<[^>]+>")


def texts_of(page: Path) -> list[str]:
    """The answer of a page, and all claims with what they open."""
    html = page.read_text()
    claims = CLAIMS.findall(html)
    (answer,) = ANSWER.findall(html)
    assert len(claims) == html.count('<details class="claim '), page
    assert claims or answer.startswith("Nothing is claimed here"), page
    return [unescape(TAG.sub(" ", text)) for text in (answer, *(SOURCE.sub("", claim) for claim in claims))]


@pytest.mark.parametrize("name", [*suite_names(), *survey_names()])
def test_no_statement_of_a_claim_has_a_raw_name(name: str) -> None:
    suite = load_suite(name) if name in suite_names() else load_survey(name)
    claims = [*suite.claims, *suite.retired, *(suite.optional_claims if isinstance(suite, Suite) else ())]
    texts = [suite.question, *(claim.statement for claim in claims)]
    assert [text for text in texts if RAW.search(text)] == []


def test_raw_names_are_found() -> None:
    raw = (
        "plain56",
        "resnet56:ordering=bn-after",
        "wrn_16_2",
        "mlp_5x512",
        "plain56 (length=x3)",
        "vgg16_bn",
        "lecture_identity",
    )
    assert all(RAW.search(f"error of {name}.") for name in (*raw, "it with seed 3"))
    assert not any(
        RAW.search(words) for words in ("ResNet-34", "ResNeXt-50 32x4d", "56 layers, seeds 0 to 4", "Wide ResNet-50-2")
    )


def test_a_page_of_a_whole_study_has_words_for_arms(whole: Path) -> None:
    assert [RAW.findall(text) for text in texts_of(whole) if RAW.search(text)] == []


@pytest.mark.slow
def test_every_page_of_the_reference_has_words_for_arms(all_from_reference: Made) -> None:
    found = {(page.parts[-3], text) for page in all_from_reference[1] for text in texts_of(page) if RAW.search(text)}
    assert found == set()
