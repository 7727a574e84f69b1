"""Format verdicts for the cells and the titles of tables."""

from collections.abc import Mapping

from analysis.inference.sizes import size, span
from analysis.inference.totals import Group
from analysis.inference.verdicts import TOO_EASY, Verdict
from benchmarks.spec.claims import Kind
from benchmarks.spec.words import counted

_REPEATS = {"evidence": "{}", "count": "exact", "identity": "{}, exact"}
KINDS: dict[Kind, str] = {
    "evidence": "Evidence",
    "time": "Times",
    "count": "Counts (exact)",
    "published": "Read from published values",
    "identity": "Identities (exact, known on paper)",
}


def group_title(group: Group) -> str:
    """Name a group of verdicts, its size, and for evidence the number of distinct sets of runs that it rests on."""
    on = "" if group.num_sets is None else f" on {counted(group.num_sets, 'distinct set')} of runs"
    return f"{KINDS[group.kind]}: {counted(len(group.verdicts), 'claim')}{on}"


def outcomes_in_words(group: Group) -> str:
    """List the number of verdicts of a group by outcome, such as "3 supported, 1 inconclusive; exploratory: 1 supported"."""
    proper, exploratory = map(_listed, (group.outcomes, group.exploratory))
    if not exploratory:
        return proper
    return f"{proper}; exploratory: {exploratory}" if proper else f"Exploratory: {exploratory}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in counts.items())


def repeats(verdict: Verdict) -> str:
    """Format what an effect rests on: "5" seeds, "3 of 8" if an arm is mixed or seeds are left out, "3 sessions", "exact" for a count,
    "5, exact" for an identity, or "2 published settings".
    """
    if verdict.evidence.is_partial:
        return f"{verdict.num_repeats} of {verdict.evidence.num_repeats}"
    if verdict.claim.kind in ("time", "published"):
        return counted(verdict.num_repeats, "session" if verdict.claim.kind == "time" else "published setting")
    return _REPEATS[verdict.claim.kind].format(verdict.num_repeats)


def training(verdict: Verdict) -> str:
    """List the arms with runs that fail, each with the number of runs that train; "all" if none fails, a dash if there are no runs."""
    runs = verdict.evidence.runs
    some = [f"{arm}: {found.trained} of {found.n}" for arm, found in runs.items() if found.failed]
    return "; ".join(some) or ("all" if runs else "\N{EN DASH}")


def headline(verdict: Verdict) -> str:
    """Format the effect without its interval; the range for an identity or published values, and a dash if nothing was measured."""
    claim, effect = verdict.claim, verdict.effect
    if effect is None or verdict.outcome == TOO_EASY:
        return "\N{EN DASH}"
    if claim.kind not in ("identity", "published"):
        return size(claim, effect.value)
    values, zero = verdict.evidence.effects.values(), "exactly 0" if claim.kind == "identity" else "0"
    return span([size(claim, value) if value else zero for value in (min(values), max(values))])
