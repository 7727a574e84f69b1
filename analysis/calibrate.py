"""Measure how often verdicts are wrong, on simulated suites: python -m analysis.calibrate OUT

Suites with known true effects are simulated, and the function that decides every report's verdicts decides their claims. The noise is normal, with
runs that fail, at several looks, at several learning rates, and that of the recorded arms of the store OUT. A decided outcome is wrong if it
contradicts the true effect; for an effect on the margin every decided outcome is wrong. At most 5% of suites may contain a wrong outcome.
Recorded arms may break that, as t intervals assume normal noise: they are shown, too. A run takes about four minutes on two cores.
"""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from analysis.calibration.ground_truths import GROUND_TRUTHS, KINDS, KINDS_OF_RATIOS, Kind
from analysis.calibration.noise import measured_deviations, recorded_studies
from analysis.calibration.settings import Setting, settings_of
from analysis.calibration.simulate import Cell, simulate
from analysis.calibration.tables import broken_settings, in_markdown, to_csv
from benchmarks.spec.words import counted
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import read_checkout, utc_now, versions
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import start
from resnet_variants.console import new_console

SEED = 0
REPEATS = 400
FEWER = 4  # times fewer suites where the true effect is not on the margin, since few verdicts are wrong there
Job = tuple[int, Setting, Kind]


def cells_of(job: Job, repeats: int) -> list[Cell]:
    """Simulate one setting and test at every ground truth; the random numbers depend only on the seed and the place in the table."""
    number, setting, kind = job
    cells = []
    for place, ground_truth in enumerate(GROUND_TRUTHS):
        random = np.random.default_rng([SEED, number, KINDS.index(kind), place])
        num_suites = repeats if ground_truth == "at the margin" else max(1, repeats // FEWER)
        cells.append(simulate(setting, kind, ground_truth, num_suites=num_suites, random=random))
    return [cell for cell in cells if cell is not None]


def calibrate(settings: Sequence[Setting], repeats: int, num_processes: int = 1) -> list[Cell]:
    """Simulate every setting and test, in the order of the settings; the number of processes changes no number."""
    jobs = [
        (number, setting, kind)
        for number, setting in enumerate(settings)
        for kind in (KINDS_OF_RATIOS if setting.is_ratio else KINDS)
    ]
    work, console = partial(cells_of, repeats=repeats), new_console(stderr=True)
    if num_processes == 1:
        return list(chain.from_iterable(map(work, track(jobs, "simulating", console=console, transient=True))))
    with ProcessPoolExecutor(num_processes, mp_context=get_context("spawn")) as pool:
        found = track(pool.map(work, jobs), "simulating", total=len(jobs), console=console, transient=True)
        return list(chain.from_iterable(found))


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run; its trials give the noise.")] = Path(
        "results/reference"
    ),
    repeats: Annotated[
        int, typer.Option(min=1, metavar="N", help="Suites to simulate at the margin; a quarter of them elsewhere.")
    ] = REPEATS,
    jobs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes (default: one per core).")] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write calibration.csv and its record, calibration.json, here.")
    ] = None,
) -> None:
    """Print how many suites have a wrong verdict for known true effects, and the power of every test, by kind of noise."""
    began, checkout = time.monotonic(), read_checkout()
    try:
        studies = recorded_studies(Out(out))
        deviations = measured_deviations(studies)
    except (ValueError, NewerSchemaError) as error:
        typer.echo(f"error: {out}: {error}", err=True)
        raise typer.Exit(2) from error
    deviation = float(np.median(deviations))
    cells = calibrate(settings_of(deviation, studies), repeats, jobs or num_cores())
    typer.echo(
        f"{counted(len(deviations), 'claim')} of {out}: the standard deviation of a paired difference over seeds is {deviation:.2f} points "
        f"(median; range {min(deviations):.2f} to {max(deviations):.2f}).\n\n{in_markdown(cells)}"
    )
    broken = broken_settings(cells)
    typer.echo(f"\nAbove 5% where it should not be: {'; '.join(broken) or 'none'}.")
    if write is not None:
        _write(
            write,
            cells,
            {
                "out": str(out),
                "repeats": repeats,
                "deviation": deviation,
                "seconds": time.monotonic() - began,
                **asdict(checkout),
            },
        )


def _write(folder: Path, cells: Sequence[Cell], run: dict[str, object]) -> None:
    """Write the cells, and what they were made with."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "calibration.csv", to_csv(cells))
    record = {**run, "seed": SEED, "finished_at": utc_now(), "versions": versions()}
    write_whole(folder / "calibration.json", json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    start(main)
