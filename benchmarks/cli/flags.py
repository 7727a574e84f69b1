"""The flags of a run, each spelled once: a field of Request or ExecutionOptions says how it is given, checked and explained.

A command's parameters, its --help, the request that it fills and the refusals of idle flags are made from these fields. It stands apart so
that --help loads nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, get_args

from resnet_variants.lookup import choose

TRIAL, LIST = "--trial", "--list"
MEASURES = ("cost", "accuracy", "throughput")
EXECUTORS = ("local", "ray")


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """How a field is given on the command line.

    It is called `name`, or as its field where that is empty; a number is `least` or more. It may be given with the flags `modes`, which take
    few others, and only with `executor` where that is named. One that `trains` is refused where nothing is trained.
    """

    help: str
    name: str = ""
    metavar: str | None = None
    least: int | None = None
    trains: bool = False
    executor: str = ""
    modes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionOptions:
    """How trials are run. None of it changes a result, except that the compiler rounds differently and is named in the records.

    Raises:
        ValueError: a value is impossible, or belongs to another executor.
    """

    jobs: Annotated[str, Flag(metavar="N|auto", help="Trials at once; auto: one a core, or one on a GPU.")] = "auto"
    executor: Annotated[str, Flag(help="Where trials run: local, or ray.")] = "local"
    ray_address: Annotated[
        str | None,
        Flag(metavar="ADDR", executor="ray", help="A Ray cluster that is there; without it one of this machine is started."),
    ] = None
    cpus_per_trial: Annotated[float, Flag(metavar="N", executor="ray", help="What a trial takes of a Ray node.")] = 1.0
    gpus_per_trial: Annotated[
        float | None,
        Flag(metavar="X", executor="ray", help="The same; a part lets trials share a GPU. With --device cuda 1, else 0."),
    ] = None
    trial_timeout: Annotated[
        float | None, Flag(metavar="SECONDS", least=1, help="End a trial that takes longer; its record says so.")
    ] = None
    retries: Annotated[int, Flag(metavar="N", least=0, help="How often a trial is tried again whose worker was lost.")] = 1
    retry_failed: Annotated[bool, Flag(trains=True, help="Run those again that failed, ran out of memory or of time before.")] = (
        False
    )
    checkpoint_every: Annotated[
        int | None,
        Flag(
            metavar="EPOCHS", least=0, help="How often a trial's state is kept, 0 for never; a tenth of a long recipe by default."
        ),
    ] = None
    is_compiled: Annotated[
        bool, Flag(name="compile", trains=True, help="Train networks as torch.compile makes them, or fail; their records say so.")
    ] = False

    def __post_init__(self) -> None:
        _check_numbers(self)
        choose("executor", self.executor, dict.fromkeys(EXECUTORS))
        if self.jobs.lower() != "auto" and (not self.jobs.isdecimal() or int(self.jobs) < 1):
            raise ValueError(f"--jobs must be 'auto' or a whole number from 1 on, got {self.jobs!r}")
        if self.executor == "ray" and self.jobs != "auto":
            raise ValueError("--jobs has no effect with --executor ray: use --cpus-per-trial and --gpus-per-trial")
        for given in flags_of(self):
            if given.is_given and given.flag.executor not in ("", self.executor):
                raise ValueError(f"{given.spelled} needs --executor {given.flag.executor}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What was asked on the command line; None is the suite's own choice.

    Raises:
        ValueError: a value is impossible; says which, why, and what would be possible.
    """

    suite: Annotated[str | None, Flag(help="The question to answer, or 'all'; see --list.")] = None
    dataset: Annotated[str | None, Flag(trains=True, help="The images; the suite's own by default.")] = None
    data: Annotated[
        Path | None,
        Flag(metavar="DIR", trains=True, modes=(TRIAL,), help="The folder of the images, for data sets that need one."),
    ] = None
    download: Annotated[bool, Flag(modes=(TRIAL,), help="Fetch the images where torchvision can.")] = False
    recipe: Annotated[str | None, Flag(trains=True, help="How to train; the suite's own by default.")] = None
    settings: Annotated[
        tuple[str, ...], Flag(name="set", metavar="KEY=VALUE", trains=True, help="Change a field of the recipe.")
    ] = ()
    num_seeds: Annotated[
        int | None,
        Flag(name="seeds", metavar="N", least=1, trains=True, help="Seeds 0 to N-1; the suite's own number by default."),
    ] = None
    arms: Annotated[
        tuple[str, ...],
        Flag(metavar="GLOB", modes=(TRIAL,), help="Only the arms that match, such as 'plain*'; 'all' adds the optional ones."),
    ] = ("*",)
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    shard: Annotated[
        str | None, Flag(metavar="I/N", trains=True, help="Only the I-th of N parts of the trials, for array jobs.")
    ] = None
    device: Annotated[str, Flag(modes=(TRIAL,), help="auto, cpu, cuda or mps.")] = "auto"
    measure: Annotated[
        tuple[str, ...],
        Flag(
            metavar="WHAT,...",
            help="Of cost, accuracy, throughput; without accuracy nothing is trained. The suite's own by default.",
        ),
    ] = ()
    trial: Annotated[
        str | None,
        Flag(
            metavar="KEY",
            help="Run one recorded trial again and compare; nothing is written. Exit code 0: the same; 1: it differs on the same machine "
            "and versions; 3: it differs on others.",
        ),
    ] = None
    out: Annotated[Path, Flag(metavar="DIR", modes=(TRIAL, LIST), help="Where trials and reports are kept.")] = Path("results")
    is_dry_run: Annotated[bool, Flag(name="dry-run", help="Print the plan and what it costs; train nothing.")] = False
    is_list: Annotated[bool, Flag(name="list", help="List suites, arms, data sets and recipes.")] = False
    as_json: Annotated[bool, Flag(name="json", modes=(TRIAL, LIST), help="Print JSON instead of tables.")] = False

    def __post_init__(self) -> None:
        _check_numbers(self)
        number, _, of = (self.shard or "1/1").partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise ValueError(f"--shard must be I/N, such as 1/8, with I from 1 to N, got {self.shard!r}")
        for name in sorted(self.measures or ()):
            choose("measure", name, dict.fromkeys(MEASURES))
        if self.num_seeds is not None and not self.has_accuracy:
            raise ValueError(f"--seeds cannot be combined with --measure {','.join(self.measure)}, which trains nothing: omit it")

    @property
    def part(self) -> tuple[int, int]:
        """Which part of how many: "2/8" is (2, 8)."""
        number, _, of = (self.shard or "1/1").partition("/")
        return int(number), int(of)

    @property
    def measures(self) -> frozenset[str] | None:
        """What is to be measured; None is the suite's own choice."""
        return frozenset(name.strip() for names in self.measure for name in names.split(",")) if self.measure else None

    @property
    def has_accuracy(self) -> bool:
        """Whether networks are trained."""
        return self.measures is None or "accuracy" in self.measures

    @property
    def has_throughput(self) -> bool:
        """Whether networks are timed, where that is not the suite's own choice."""
        return self.measures is None or "throughput" in self.measures

    @property
    def training_flags(self) -> list[str]:
        """The flags given that make no sense where nothing is trained."""
        given = [one.spelled for one in flags_of(self) if one.is_given and one.flag.trains]
        return [*given, "--measure accuracy"] if "accuracy" in (self.measures or ()) else given


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFlag:
    """A flag and its value in one request."""

    name: str
    kind: Any
    default: Any
    value: Any
    flag: Flag

    @property
    def spelled(self) -> str:
        return f"--{self.flag.name or self.name.replace('_', '-')}"

    @property
    def is_given(self) -> bool:
        return bool(self.value != self.default)


def flags_of(asked: Request | ExecutionOptions) -> Iterator[GivenFlag]:
    """Yield the flags and their values, in the order of --help."""
    for declared in fields(asked):
        value = getattr(asked, declared.name)
        if isinstance(value, ExecutionOptions):
            yield from flags_of(value)
        else:
            kind, flag = get_args(declared.type)
            yield GivenFlag(name=declared.name, kind=kind, default=declared.default, value=value, flag=flag)


def _check_numbers(asked: Request | ExecutionOptions) -> None:
    for given in flags_of(asked):
        least = given.flag.least
        if least is not None and given.value is not None and not given.value >= least:
            raise ValueError(f"{given.spelled} must be at least {least}, got {given.value:g}")
