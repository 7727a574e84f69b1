"""Analysis of the records: frames, estimates, verdicts, figures and reports. It never loads torch.

`load` reads a run's folder for a notebook; importing this package loads nothing else.
"""

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.results import Results

__all__ = ["load"]


def load(out: "str | PathLike[str]" = "results", *, suites: Iterable[str] = ()) -> "Results":
    """Read the folder OUT of a run: `load("results")["depth"].trials()` is a data frame. Warn of records that cannot be read.

    `suites` are suites of your own in the folder, by path or entry point: their files are run.

    Raises:
        ValueError: no run wrote the folder, or a suite's file does not exist or is wrong.
        NewerSchemaError: a record has a newer schema.
    """
    from analysis.results import read_results  # late: pandas is loaded when it is needed

    return read_results(out, suites)
