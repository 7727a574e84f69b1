"""Write the map of claims: as a page, and as data with a row per claim, study and learning rate, in CSV and JSON."""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from analysis.inference.claims_map import Judged, MapRow
from analysis.inference.factors import Cell
from analysis.inference.forest import forest_row, in_unit
from analysis.pages.claims_map import ClaimsMap, Link, claims_map
from analysis.pages.formats import templates
from analysis.pages.page import Page
from analysis.statistics.pooling import Pooled
from benchmarks.spec.claims import Claim
from benchmarks.store.files import write_whole

STEM = "claims_map"
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


def _html(found: ClaimsMap) -> str:
    return str(templates().get_template("map_page.html.j2").render(map=found))


def _csv(found: ClaimsMap) -> str:
    return str(map_frame(found.rows).to_csv(index=False, lineterminator="\n"))


FORMATS: dict[str, Callable[[ClaimsMap], str]] = {
    ".html": _html,
    ".csv": _csv,
    ".json": lambda found: map_json(found.rows),
}


def links_from(folder: Path, out: Path) -> Link:
    """Return the function that gives a report's address relative to a folder, and None if the report was not written."""
    place = os.path.relpath(out, folder)

    def link(report: str) -> str | None:
        is_written = (out / report / "index.html").exists()
        return quote(Path(place, report, "index.html").as_posix()) if is_written else None

    return link


def write_map(out: Path, pages: Sequence[Page], files: Iterable[Path]) -> None:
    """Write the map of these reports of OUT into each of the files, in the format of its ending."""
    for path in files:
        write_whole(path, FORMATS[path.suffix.lower()](claims_map(pages, links_from(path.parent, out))))


def overview_map(out: Path, pages: Sequence[Page]) -> ClaimsMap:
    """Return the map for the overview of OUT, and write its data next to it."""
    found = claims_map(pages, links_from(out, out))
    for ending in (".csv", ".json"):
        write_whole(out / f"{STEM}{ending}", FORMATS[ending](found))
    return found
