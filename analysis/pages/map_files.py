"""Write the map of claims as rows of data: a row per claim, study and learning rate, as CSV and JSON."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import pandas as pd

from analysis.inference.claims_map import Judged, MapRow
from analysis.inference.factors import Cell
from analysis.inference.forest import forest_row, in_unit
from analysis.statistics.pooling import Pooled
from benchmarks.spec.claims import Claim

SEPARATOR = "; "


def map_frame(rows: Iterable[MapRow]) -> pd.DataFrame:
    """Return a row per claim, study and learning rate, with the pooled effect and what the answer depends on, which are the claim's.

    Effects are in the claim's favour and in its unit, a factor for a ratio; `tau` of a ratio is that of logarithms.
    """
    return pd.DataFrame([_flat(values) for row in rows for values in _cells(row)], columns=COLUMNS)


def map_json(rows: Iterable[MapRow]) -> str:
    """Return an object per claim as JSON: its cells, the pooled effect, and what the answer depends on."""
    found = [
        {
            "suite": row.suite,
            "claim": row.claim.id,
            "statement": row.claim.statement,
            "kind": row.claim.kind,
            "unit": _unit(row.claim),
            "cells": list(_cells(row, with_claim=False)),
            "pooled": _pooled(row),
            "not_pooled": row.why_not or None,
            "notes": row.notes,
            "depends_on": _depends(row),
        }
        for row in rows
    ]
    return json.dumps(found, indent=2, allow_nan=False) + "\n"


COLUMNS = (
    *(
        "suite",
        "claim",
        "statement",
        "kind",
        "unit",
        "study",
        "dataset",
        "checksum",
        "recipe",
        "learning_rate",
        "precision",
        "machine",
    ),
    *("seeds", "outcome", "study_outcome", "tier", "is_exploratory", "effect", "low", "high", "confidence", "n"),
    *(
        "pooled_effect",
        "pooled_low",
        "pooled_high",
        "num_pooled",
        "tau",
        "i_squared",
        "q",
        "q_p",
        "not_pooled",
        "notes",
        "depends_on",
    ),
)


def _cells(row: MapRow, *, with_claim: bool = True) -> Iterator[dict[str, object]]:
    """Yield the values of each cell, with those of the claim if they are wanted."""
    of_claim = _claim(row) if with_claim else {}
    for judged in row.judged:
        for cell in judged.cells:
            yield of_claim | _cell(judged, cell)


def _claim(row: MapRow) -> dict[str, object]:
    pooled = _pooled(row) or {}
    names = {"value": "pooled_effect", "low": "pooled_low", "high": "pooled_high", "n": "num_pooled"}
    return {
        "suite": row.suite,
        "claim": row.claim.id,
        "statement": row.claim.statement,
        "kind": row.claim.kind,
        "unit": _unit(row.claim),
        **{names.get(name, name): value for name, value in pooled.items()},
        "not_pooled": row.why_not or None,
        "notes": list(row.notes),
        "depends_on": [f"{'+'.join(found.factors)}: {found.answer}" for found in row.depends_on],
    }


def _cell(judged: Judged, cell: Cell) -> dict[str, object]:
    verdict, setting = cell.verdict, cell.setting
    effect, row = verdict.effect, forest_row(verdict)
    name, checksum = setting.dataset or (None, None)
    return {
        "study": judged.folder,
        "dataset": name,
        "checksum": checksum,
        "recipe": setting.recipe,
        "learning_rate": setting.rate,
        "precision": setting.precision,
        "machine": list(setting.machine),
        "seeds": list(judged.seeds),
        "outcome": verdict.outcome,
        "study_outcome": judged.verdict.outcome,
        "tier": verdict.tier,
        "is_exploratory": verdict.is_exploratory,
        "effect": row.value,
        "low": row.low,
        "high": row.high,
        "confidence": verdict.confidence if effect is not None and effect.low is not None else None,
        "n": effect.n if effect is not None else 0,
    }


def _pooled(row: MapRow) -> dict[str, object] | None:
    """Return the pooled effect in the claim's unit; `tau` stays on the scale of the effect."""
    if row.pooled is None:
        return None
    values: Pooled = row.pooled
    ends = {name: in_unit(row.claim, getattr(values, name)) for name in ("value", "low", "high")}
    return {
        name: value for name, value in (asdict(values) | ends).items() if not (isinstance(value, float) and math.isnan(value))
    }


def _depends(row: MapRow) -> list[dict[str, object]]:
    return [{"factors": list(found.factors), "answer": found.answer} for found in row.depends_on]


def _unit(claim: Claim) -> str:
    return "factor" if claim.measure.is_ratio else "share" if claim.is_relative else claim.unit


def _flat(values: dict[str, object]) -> dict[str, object]:
    """Join lists into texts; an interval of seeds is written as it is."""
    return {name: SEPARATOR.join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
