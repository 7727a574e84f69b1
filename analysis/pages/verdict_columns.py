"""Flatten a row of verdicts.json into one value per column."""

from typing import Any

from analysis.pages.verdict_rows import Row

# copied in this order, the effect after the outcome
BEFORE = ("claim", "statement", "kind", "tier", "metric", "test", "says", "stated_figure", "margin")
AFTER = ("p", "p_corrected", "num_tested", "seeds_needed", "least_effect_found", "is_exploratory", "declared_at", "source")


def columns_of(row: Row) -> dict[str, Any]:
    """Return the columns of a verdict: what is claimed, the outcome, the effect as measured and in the claim's favour, p, and the source.

    `contrast` is text, such as "plain56 - plain20", or lists the arms that are ranked; `look` is the number of the look at which the claim is judged,
    and `tuned_outcome` the outcome with each arm at its own best learning rate.
    """
    values: dict[str, Any] = row
    effect, favour = values["effect"], values["effect_in_favour"]
    return {
        **{name: values[name] for name in BEFORE},
        "contrast": ", ".join(values["contrast"]) if values["test"] == "tracks" else _contrast(values["contrast"]),
        "outcome": values["outcome"],
        "effect": effect["value"],
        "low": effect["low"],
        "high": effect["high"],
        "confidence": effect["confidence"],
        "n": effect["n"],
        "unit": values["unit"],
        "effect_in_favour": favour["value"],
        "low_in_favour": favour["low"],
        "high_in_favour": favour["high"],
        "learning_rate": values["learning_rate"],
        "look": values["look"]["number"] if values["look"] else None,
        **{name: values[name] for name in AFTER},
        "tuned_outcome": values["tuned"]["outcome"] if values["tuned"] else None,
    }


def _contrast(weights: dict[str, float]) -> str:
    """Return a weighted sum of arms as text."""
    terms = [
        f"{'-' if weight < 0 else '+'} {'' if abs(weight) == 1 else f'{abs(weight):g} '}{arm}" for arm, weight in weights.items()
    ]
    return " ".join(terms).removeprefix("+ ")
