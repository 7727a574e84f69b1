"""The flags of how trials are run: none of them changes a result."""

from dataclasses import dataclass
from typing import Annotated

from benchmarks.cli.flag import Flag, check_numbers, flags_of
from resnet_variants.lookup import choose

EXECUTORS = ("auto", "local", "lanes", "ray")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionOptions:
    """How trials are run. No option changes a result, except that torch.compile rounds differently, which the records name.

    Raises:
        ValueError: a value is out of range, or belongs to another executor.
    """

    jobs: Annotated[str, Flag(metavar="N|auto", help="Number of trials at once (auto: one per CPU core, or 8 on a GPU).")] = (
        "auto"
    )
    executor: Annotated[
        str,
        Flag(
            metavar="WHERE",
            help="Where trials run: local (processes on this machine), lanes (several in one process, for a GPU), ray, or auto: "
            "lanes on a GPU, else local.",
        ),
    ] = "auto"
    ray_address: Annotated[
        str | None,
        Flag(metavar="ADDR", executor="ray", help="Address of a running Ray cluster (default: start a local one)."),
    ] = None
    cpus_per_trial: Annotated[float, Flag(metavar="N", executor="ray", help="CPUs per trial on a Ray node.")] = 1.0
    gpus_per_trial: Annotated[
        float | None,
        Flag(metavar="X", executor="ray", help="GPUs per trial; fractions share one (default: 1 with --device cuda, else 0)."),
    ] = None
    trial_timeout: Annotated[
        float | None, Flag(metavar="SECONDS", least=1, help="Stop trials that take longer and record a timeout.")
    ] = None
    retries: Annotated[int, Flag(metavar="N", least=0, help="Retries of a trial whose worker was lost.")] = 1
    retry_failed: Annotated[bool, Flag(trains=True, help="Re-run failed, out-of-memory and timed-out trials.")] = False
    checkpoint_every: Annotated[
        int | None,
        Flag(
            metavar="EPOCHS",
            least=0,
            help="Epochs between checkpoints; 0 writes none (default: a tenth of a recipe with 20 epochs or more, else 0).",
        ),
    ] = None
    is_compiled: Annotated[bool, Flag(name="compile", trains=True, help="Train with torch.compile; no silent fallback.")] = False

    def __post_init__(self) -> None:
        check_numbers(self)
        choose("executor", self.executor, dict.fromkeys(EXECUTORS))
        if self.jobs.lower() != "auto" and (not self.jobs.isdecimal() or int(self.jobs) < 1):
            raise ValueError(f"--jobs must be 'auto' or a whole number of at least 1, got {self.jobs!r}")
        if self.executor == "ray" and self.jobs != "auto":
            raise ValueError("--jobs has no effect with --executor ray: use --cpus-per-trial and --gpus-per-trial")
        for given in flags_of(self):
            if given.is_given and given.flag.executor not in ("", self.executor):
                raise ValueError(f"{given.spelled} needs --executor {given.flag.executor}")
