"""Exit codes of verdicts, for scripts: --require supported."""

from collections.abc import Iterable, Mapping
from typing import Any

SUPPORTED, CONTRADICTED, OPEN = 0, 3, 4
CODES = {"supported": SUPPORTED, "contradicted": CONTRADICTED, "depends on the rate": CONTRADICTED}  # every other outcome is open
WORST_FIRST = (CONTRADICTED, OPEN, SUPPORTED)


def code_of(answers: Iterable[Mapping[str, Any]]) -> int:
    """Return the exit code of the worst verdict of these answers: 3 before 4 before 0; without any verdict nothing is supported, so 4."""
    codes = {CODES.get(str(row["outcome"]), OPEN) for answer in answers for row in answer.get("verdicts", ())} or {OPEN}
    return next(code for code in WORST_FIRST if code in codes)
