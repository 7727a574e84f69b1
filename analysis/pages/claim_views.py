"""Set next to each claim of the forest plot what its row opens: the derivation, its values by seed, its source and what was published."""

from dataclasses import dataclass

from analysis.inference.cells import KINDS
from analysis.inference.derivation import Values, derivation, values_by_seed
from analysis.inference.effect_words import difference_in_words
from analysis.inference.verdicts import Verdict
from analysis.pages.page import Page
from analysis.tables.published import PublishedEffect
from benchmarks.spec.words import sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimView:
    """What the row of a claim opens."""

    sentences: tuple[str, ...]
    values: tuple[Values, ...]
    source: str
    published: str
    concerns: tuple[str, ...]
    setting: str


def claim_views(page: Page) -> dict[str, ClaimView]:
    """Return by claim what its row opens."""
    return {verdict.claim.id: _view(page, verdict) for verdict in page.verdicts}


def _view(page: Page, verdict: Verdict) -> ClaimView:
    claim = verdict.claim
    is_one_of_few = len(verdict.evidence.values) > 0 and verdict.is_tested and not claim.is_exact
    published = page.published_effects.get(claim.id)
    return ClaimView(
        sentences=derivation(verdict),
        values=tuple(values_by_seed(verdict)) if is_one_of_few else (),
        source=sentence(claim.source),
        published=_published(verdict, published) if published else "",
        concerns=tuple(page.concerns.get(claim.id, ())),
        setting=f"{verdict.tier} setting" if verdict.tier else KINDS[claim.kind],
    )


def _published(verdict: Verdict, published: PublishedEffect) -> str:
    """Describe the effect in published values, and what it rests on."""
    words = difference_in_words(verdict.claim, published.value)
    where = f"{published.dataset}, {published.recipe}"
    return sentence(f"Published values give {words} ({where}; {published.note})")
