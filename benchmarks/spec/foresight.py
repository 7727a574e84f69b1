"""How many seeds a claim would need if the published effect and its spread held here: told before the first run.

The normal approximation is enough for that: it says tens or hundreds, where five are planned.
"""

import math
from collections.abc import Iterable, Iterator
from statistics import NormalDist

from benchmarks.spec.claims import Claim

LEVEL, POWER = 0.05, 0.8


def seeds_foreseen(claim: Claim) -> int | None:
    """Return how many seeds would support the claim with 80% power, at the two-sided 5% level, if the published effect and spread held.

    None if they are not stated; 0 if the published effect is not beyond the margin, so that no number would.
    """
    if claim.published_effect is None:
        return None
    effect, deviation = claim.published_effect
    beyond = effect - claim.margin
    if beyond <= 0:
        return 0
    factors = NormalDist().inv_cdf(1 - LEVEL / 2) + NormalDist().inv_cdf(POWER)
    return math.ceil((factors * deviation / beyond) ** 2)


def undecidable(claims: Iterable[Claim], num_seeds: int, dataset: str) -> Iterator[str]:
    """Yield a sentence for each claim that the planned seeds can hardly decide on a data set, by what was published."""
    for claim in claims:
        needed = seeds_foreseen(claim)
        if needed is None or claim.published_effect is None or dataset in claim.too_easy_on or 0 < needed <= num_seeds:
            continue
        effect, deviation = claim.published_effect
        published = f"{claim.id}: the published effect is {effect:g} {claim.measure.unit} with a spread of {deviation:.2g} from run to run"
        if needed:
            yield f"{published}. To show that it exceeds {claim.margin:g} takes about {needed} seeds (80% power); {num_seeds} are planned."
        else:
            yield f"{published}, which does not exceed the margin of {claim.margin:g}: no number of seeds would support the claim."
