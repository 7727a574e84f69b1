"""Say what a comparison declared before its first trial: its plan's time and hash, and what its matched networks cost."""

from collections.abc import Mapping
from pathlib import Path

from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from benchmarks.spec.compared import command_of, matched_in_words
from benchmarks.spec.comparison import Comparison
from benchmarks.spec.cost import Cost
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.plans import DeclaredPlan, hash_of


def declaration(out: Out, page: Page) -> tuple[str, ...]:
    """Return sentences on the plan of a comparison; empty for any other suite."""
    found = plan_of(out, page)
    if found is None:
        return ()
    path, plan = found
    assert plan.comparison is not None
    costs = page.costs if isinstance(page, SurveySummary) else page.study.costs_by_arm if isinstance(page, Summary) else {}
    where = f"The SHA-256 of {path.relative_to(out.folder).as_posix()} begins with {hash_of(path)}."
    return (f"{_declared(plan, plan.comparison)} {where}", *_costs(plan.comparison, costs))


def plan_of(out: Out, page: Page) -> tuple[Path, DeclaredPlan] | None:
    """Return the plan of a comparison's study and its path, or that of its first study if nothing is trained; None for any other suite."""
    plans = [(path, plan) for path, plan in out.plans.read_all()[0].items() if plan.suite == page.name and plan.comparison]
    return next((pair for pair in plans if page.folder == f"{page.name}/{pair[0].parent.name}"), plans[0] if plans else None)


def repeating_command(out: Out, page: Page) -> str:
    """Return the command that counts or times the networks of a survey's page again."""
    found = plan_of(out, page)
    if found is not None and found[1].comparison is not None:
        return command_of(found[1].comparison, page.name, found[1].dataset.name)
    measure = " --measure throughput" if isinstance(page, SurveySummary) and page.is_of_suite else ""
    return f"python -m benchmarks.run --suite {page.name}{measure} --out DIR"


def _declared(plan: DeclaredPlan, comparison: Comparison) -> str:
    """Describe what the plan fixes, and when it did."""
    measure, margin = comparison.measure, comparison.margin
    size = f"{100 * margin:g}%" if measure.is_ratio else f"{margin:g} {measure.unit}".strip()
    arms = ", ".join(map(comparison.with_digest, comparison.arms))
    seeds = ""
    if measure.over == "seeds":
        looks = f", looks at {', '.join(map(str, plan.looks))}" if len(plan.looks) > 1 else ""
        seeds = f", {counted(plan.seeds[1] - plan.seeds[0] + 1, 'seed')}{looks}"
    return f"Declared before the first trial, on {plan.declared_at}: {arms}; {measure.words}, margin {size}{seeds}."


def _costs(comparison: Comparison, costs: Mapping[str, Cost]) -> list[str]:
    """Return a sentence on the counted costs of each matched pair of which both are known."""
    axis = comparison.matched
    pairs = [pair for pair in comparison.pairs if axis and all(label in costs for label in pair)]
    words = [matched_in_words(comparison, pair, {label: getattr(costs[label], str(axis)) for label in pair}) for pair in pairs]
    return [f"{text[0].upper()}{text[1:]}." for text in words]
