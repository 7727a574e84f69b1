"""Verdicts as JSON objects."""

from collections.abc import Iterable

from analysis.inference.controls import controls_json
from analysis.inference.forest import in_unit
from analysis.inference.verdicts import Verdict
from benchmarks.spec.claims import Claim


def verdicts_json(verdicts: Iterable[Verdict]) -> list[dict[str, object]]:
    """Return the verdicts as JSON objects; an effect is in the given `unit`, a factor for a ratio and a share for a relative margin."""
    return [
        {
            "claim": verdict.claim.id,
            "outcome": verdict.outcome,
            "effect": _effect_json(verdict),
            "statement": verdict.claim.statement,
            "source": verdict.claim.source,
            "unit": _unit_json(verdict.claim),
            "kind": verdict.claim.kind,
            "tier": verdict.tier,
            "declared_at": verdict.declared_at,
            "is_exploratory": verdict.is_exploratory,
            "runs_that_train": _runs_json(verdict),
            "controls": controls_json(verdict.controls),
            "look": _look_json(verdict),
            "learning_rate": verdict.rate,
            "by_rate": [
                {
                    "rate": rate,
                    "outcome": one.outcome,
                    "effect": _effect_json(one),
                    "n": one.num_repeats,
                    "trained": _runs_json(one),
                }
                for rate, one in verdict.by_rate.items()
            ],
            **_readings_json(verdict),
        }
        for verdict in verdicts
    ]


def _readings_json(verdict: Verdict) -> dict[str, dict[str, float]]:
    """Return the effect in each published setting, for a claim that is read from published values."""
    if verdict.claim.kind != "published":
        return {}
    return {"readings": dict(zip(verdict.evidence.settings, verdict.evidence.effects.values(), strict=True))}


def _runs_json(verdict: Verdict) -> dict[str, list[int]]:
    return {arm: list(runs) for arm, runs in verdict.evidence.runs.items()}


def _look_json(verdict: Verdict) -> dict[str, int | bool] | None:
    """Return the look at which a claim is judged, of how many, its number of seeds, and whether the claim is dropped; None without one."""
    look, declared = verdict.look, verdict.declared_looks
    if look is None or not declared:
        return None
    is_dropped = verdict.stopped_at is not None
    return {"number": look.number, "of": look.of, "seeds": declared[look.number - 1], "is_dropped": is_dropped}


def _effect_json(verdict: Verdict) -> dict[str, float | int | None]:
    effect = verdict.effect
    if effect is None:
        return {"value": None, "low": None, "high": None, "confidence": None, "n": 0}
    confidence = None if effect.low is None else verdict.confidence
    bounds = {"value": effect.value, "low": effect.low, "high": effect.high}
    return {
        **{name: in_unit(verdict.claim, bound) for name, bound in bounds.items()},
        "confidence": confidence,
        "n": effect.n,
    }


def _unit_json(claim: Claim) -> str:
    return "factor" if claim.measure.is_ratio else "share" if claim.is_relative else claim.unit
