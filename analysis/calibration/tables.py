"""Write simulated cells as CSV, read them again, and make the tables of the documents from them."""

import csv
import math
from collections.abc import Iterable, Sequence
from io import StringIO

from scipy import stats

from analysis.calibration.ground_truths import GROUND_TRUTHS, KINDS, MARGIN, RATIO_MARGIN, Kind
from analysis.calibration.simulate import OUTCOMES, Cell
from analysis.inference.claim_tests import LEVEL
from analysis.inference.looks import FUTILE
from analysis.statistics.power import MOST_SEEDS, seeds_needed
from benchmarks.spec.words import counted

CHANCE = 0.001  # a cell is above 5% if as many wrong suites have a smaller chance at 5%: there are about 1,500 cells
ABSENT, UNSHOWN = "\N{EN DASH}", "equality cannot be shown at this spread"
SHOWN_POWER = ("normal", "normal, looks", "failures, 1/8 of runs", "rates, equal effects", "recorded: all arms, looks")
_NUMBERS = ("num_seeds", "num_claims", "num_suites", "num_wrong", "num_right")


def to_csv(cells: Iterable[Cell]) -> str:
    """Return the cells as CSV, one row per setting, test and ground truth."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["setting", "kind", "ground_truth", *_NUMBERS, "deviation", "is_ratio", "is_expected", *OUTCOMES])
    for cell in cells:
        numbers = [getattr(cell, name) for name in _NUMBERS]
        counts = [cell.outcomes[outcome] for outcome in OUTCOMES]
        writer.writerow(
            [
                cell.setting,
                cell.kind,
                cell.ground_truth,
                *numbers,
                f"{cell.deviation:.6g}",
                cell.is_ratio,
                cell.is_expected,
                *counts,
            ]
        )
    return text.getvalue()


def from_csv(text: str) -> list[Cell]:
    """Read the cells that `to_csv` wrote."""
    return [
        Cell(
            setting=row["setting"],
            kind=next(kind for kind in KINDS if kind == row["kind"]),
            ground_truth=next(name for name in GROUND_TRUTHS if name == row["ground_truth"]),
            deviation=float(row["deviation"]),
            is_ratio=row["is_ratio"] == "True",
            is_expected=row["is_expected"] == "True",
            outcomes={outcome: int(row[outcome]) for outcome in OUTCOMES},
            **{name: int(row[name]) for name in _NUMBERS},
        )
        for row in csv.DictReader(StringIO(text))
    ]


def monte_carlo_error(num_suites: int) -> float:
    """Return the standard error of a fraction of 5% of simulated suites."""
    return math.sqrt(LEVEL * (1 - LEVEL) / num_suites)


def is_above(cell: Cell) -> bool:
    """Return whether more than 5% of a cell's suites are wrong, by a binomial test at 0.001."""
    return _exceeds(cell.num_wrong, cell.num_suites)


def _exceeds(num_wrong: int, num_suites: int) -> bool:
    return bool(stats.binom.sf(num_wrong - 1, num_suites, LEVEL) < CHANCE)


def broken_settings(cells: Iterable[Cell]) -> list[str]:
    """List the settings and tests in which at most 5% of suites should be wrong and more are."""
    return list(dict.fromkeys(f"{cell.setting}: {cell.kind}" for cell in cells if cell.is_expected and is_above(cell)))


def in_markdown(cells: Sequence[Cell]) -> str:
    """Return the tables of wrong suites, of power and of equality as Markdown, with their captions."""
    at_margin, elsewhere = (monte_carlo_error(number(cell.num_suites for cell in cells)) for number in (max, min))
    return "\n\n".join(
        [
            "Suites with a wrong verdict, in percent: the largest over the ground truths. Values above 5% (binomial test at "
            f"{CHANCE}) are bold; the last column is over all tests. "
            f"The standard error of 5% is {100 * at_margin:.1f} points at the margin and {100 * elsewhere:.1f} elsewhere.",
            _wrong_table(cells),
            "Power, in percent of claims with the right decided verdict, by the distance of the true effect from the margin. "
            f"The settings are {'; '.join(f'({number}) {name}' for number, name in enumerate(_shown(cells), start=1))}.",
            _power_table(cells),
            "Equality at a true difference of 0: the percentage of claims that is supported, and how many seeds would support 80% of "
            "them if the noise were normal with the median spread of the setting's claims.",
            _equality_table(cells),
        ]
    )


def _settings(cells: Iterable[Cell]) -> dict[tuple[str, int], list[Cell]]:
    """Return the cells by name of the setting and number of seeds."""
    found: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.setting, cell.num_seeds), []).append(cell)
    return found


def _wrong_table(cells: Sequence[Cell]) -> str:
    rows = []
    for (name, num_seeds), found in _settings(cells).items():
        of_kind = {kind: [cell for cell in found if cell.kind == kind] for kind in KINDS}
        rows.append([name, str(num_seeds), *(_most_wrong(of_kind[kind]) for kind in KINDS), _wrong_at_margin(found)])
    return _table(["noise", "seeds", *KINDS, "all, at the margin"], rows)


def _most_wrong(cells: Sequence[Cell]) -> str:
    """Format the largest percentage of wrong suites over the ground truths, in bold if any is above 5%."""
    if not cells:
        return ABSENT
    above = [cell for cell in cells if is_above(cell)]
    return _percent(max(cell.wrong for cell in above or cells), is_bold=bool(above))


def _wrong_at_margin(cells: Iterable[Cell]) -> str:
    """Format the percentage of wrong suites over all tests at the margin."""
    at_margin = [cell for cell in cells if cell.ground_truth == "at the margin"]
    num_wrong, num_suites = sum(cell.num_wrong for cell in at_margin), sum(cell.num_suites for cell in at_margin)
    return _percent(num_wrong / num_suites, is_bold=_exceeds(num_wrong, num_suites))


def _percent(fraction: float, *, is_bold: bool) -> str:
    return f"**{100 * fraction:.1f}**" if is_bold else f"{100 * fraction:.1f}"


def _shown(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """Return the cells of the settings whose power is shown, by name with the number of seeds; of a name's settings, the median."""
    by_setting = _settings(cells)
    shown = {}
    for name in SHOWN_POWER:
        keys = [key for key in by_setting if key[0] == name]
        if keys:
            key = keys[len(keys) // 2]
            shown[f"{name}, {counted(key[1], 'seed')}"] = by_setting[key]
    return shown


def _power_table(cells: Sequence[Cell]) -> str:
    found = list(_shown(cells).values())
    distances = [ground_truth for ground_truth in GROUND_TRUTHS if ground_truth != "at the margin"]
    rows = [[kind, *(_powers(found, kind, ground_truth) for ground_truth in distances)] for kind in KINDS]
    return _table(["test", *distances], rows)


def _powers(settings: Iterable[Iterable[Cell]], kind: Kind, ground_truth: str) -> str:
    """Format the power in each setting, with slashes between them."""
    return " / ".join(
        next((f"{100 * cell.power:.0f}" for cell in cells if (cell.kind, cell.ground_truth) == (kind, ground_truth)), ABSENT)
        for cells in settings
    )


def _equality_table(cells: Iterable[Cell]) -> str:
    """Show for each setting how often equality is supported if the arms are equal, and how many seeds would support it in 80% of cases."""
    rows = []
    for cell in cells:
        if cell.kind == "Equal" and cell.ground_truth == "0":
            share = cell.outcomes["supported"] / (cell.num_suites * cell.num_claims)
            spread = f"{100 * cell.deviation:.3g}%" if cell.is_ratio else f"{cell.deviation:.3g} points"
            margin = f"{RATIO_MARGIN:.0%}" if cell.is_ratio else f"{MARGIN:g} point"
            answer = UNSHOWN if share < FUTILE else ""
            rows.append([cell.setting, str(cell.num_seeds), margin, spread, f"{100 * share:.1f}", _needed(cell), answer])
    return _table(["noise", "seeds", "margin", "sd of a difference", "supported", "seeds for 80%", ""], rows)


def _needed(cell: Cell) -> str:
    bound = math.log1p(RATIO_MARGIN) if cell.is_ratio else MARGIN
    number = seeds_needed(0.0, cell.deviation, (-bound, bound), 1 - LEVEL / cell.num_claims)
    return f"over {MOST_SEEDS:,}" if number is None else str(number)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
