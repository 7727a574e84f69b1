"""Read predictions from the files of people, and write a form to fill in: CSV, as a spreadsheet saves it, or JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.spec.claims import Claim
from benchmarks.spec.predictions import PREDICTED, Probabilities, probabilities_of
from benchmarks.store.files import write_whole
from resnet_variants.lookup import no_such
from resnet_variants.names import refuse_what_is_no_text

CLAIM, STATEMENT, JSON = "claim", "statement", ".json"


def names_of(paths: Iterable[Path]) -> dict[str, Path]:
    """Return the files by the names of their people, which are the files' names without their ending.

    Raises:
        ValueError: two files have the same name, or a name is not UTF-8.
    """
    found: dict[str, Path] = {}
    for path in paths:
        refuse_what_is_no_text("file", str(path))
        if path.stem in found:
            raise ValueError(f"--predict {found[path.stem]} and {path} are of one name, {path.stem!r}: name one file a person")
        found[path.stem] = path
    return found


def write_form(path: Path, claims: Sequence[Claim]) -> None:
    """Write a file with a line per claim and no odds.

    Raises:
        ValueError: the file cannot be written.
    """
    if path.suffix.lower() == JSON:
        form: dict[str, Any] = {claim.id: {STATEMENT: claim.statement} | dict.fromkeys(PREDICTED) for claim in claims}
        text = json.dumps(form, indent=2, ensure_ascii=False) + "\n"
    else:
        stream = io.StringIO()
        rows = [[claim.id, claim.statement, *[""] * len(PREDICTED)] for claim in claims]
        csv.writer(stream, lineterminator="\n").writerows([[CLAIM, STATEMENT, *PREDICTED], *rows])
        text = stream.getvalue()
    try:
        write_whole(path, text)
    except OSError as error:
        raise ValueError(f"--predict {path} cannot be written ({error.strerror}): name another file") from error


def read_predictions(path: Path, claims: Sequence[Claim]) -> dict[str, Probabilities]:
    """Return the probabilities by claim id; claims without odds are left out.

    Raises:
        ValueError: the file cannot be read, a claim or an outcome is unknown, odds are wrong, or nothing is predicted; names the file and the claim.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets begin a file with a mark
        rows = _from_json(text) if path.suffix.lower() == JSON else _from_csv(text)
        predictions = {number: _probabilities(number, odds, claims) for number, odds in rows.items() if odds}
    except OSError as error:
        raise ValueError(f"--predict {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"--predict {path} is not UTF-8: save it as CSV in UTF-8") from error
    except ValueError as error:
        raise ValueError(f"--predict {path}: {error}") from error
    if not predictions:
        raise ValueError(f"--predict {path} predicts nothing: give odds for at least one claim, such as 60, 30 and 10")
    return predictions


def _probabilities(number: str, odds: Mapping[str, float], claims: Sequence[Claim]) -> Probabilities:
    known = [claim.id for claim in claims]
    if number not in known:
        raise ValueError(no_such("claim", number, known))
    try:
        return probabilities_of(odds)
    except ValueError as error:
        raise ValueError(f"{number}: {error}") from error


def _from_json(text: str) -> dict[str, dict[str, float]]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno} is not JSON: {error.msg}") from error
    if not isinstance(values, dict) or not all(isinstance(odds, dict) for odds in values.values()):
        raise ValueError('it must map claims to odds, as in {"plain-degrades": {"supported": 3, "contradicted": 1}}')
    return {number: _numbers(number, odds) for number, odds in values.items()}


def _from_csv(text: str) -> dict[str, dict[str, float]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = [name.strip().lower() for name in lines.fieldnames or ()]
    lacking = [name for name in (CLAIM, *PREDICTED) if name not in columns]
    if lacking:
        raise ValueError(f"its first line lacks {', '.join(lacking)}: it must name {CLAIM}, {', '.join(PREDICTED)}")
    lines.fieldnames = columns
    rows: dict[str, dict[str, float]] = {}
    for line in lines:
        number = (line[CLAIM] or "").strip()
        if number in rows:
            raise ValueError(f"{number} has two lines: keep one")
        if number:
            rows[number] = _numbers(number, {name: line[name] for name in PREDICTED})
    return rows


def _numbers(number: str, odds: Mapping[str, Any]) -> dict[str, float]:
    """Return the odds of a claim as numbers; "60", "60%" and "0,6" are numbers, and what is left empty has none."""
    given = {name: value for name, value in odds.items() if name != STATEMENT and value is not None and str(value).strip()}
    found = {}
    for name, value in given.items():
        try:
            found[name] = float(str(value).strip().removesuffix("%").replace(",", "."))
        except ValueError:
            raise ValueError(f"{number}: {name} must be a number, got {value!r}") from None
    return found
