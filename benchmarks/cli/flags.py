"""The flags of a run, each defined once: a field of Request or ExecutionOptions holds its name, default, checks and help.

A command's parameters, its --help, its Request and the check for flags without effect are made from these fields. This file is kept apart
so that --help loads nothing else.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from benchmarks.cli.compare_flags import COMPARE, CompareOptions
from benchmarks.cli.flag import Flag, check_numbers, flags_of
from benchmarks.cli.seeds import DECIDED, check_until, read_seeds
from benchmarks.spec.image_choices import ImageChoices, read_choices
from resnet_variants.lookup import choose

TRIAL, LIST = "--trial", "--list"
MEASURES = ("cost", "accuracy", "throughput")
SUPPORTED = "supported"
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
            help="Where trials run: local (processes on this machine), lanes (several in one process, for a GPU), ray, or auto: "
            "lanes on a GPU, else local."
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request on the command line; None means the suite's own choice.

    Raises:
        ValueError: a value is invalid; names the flag, the rule and the value.
    """

    suite: Annotated[
        str | None,
        Flag(metavar="NAME,...", help="Suites to run, separated by commas: names that --list prints, FILE.py, or 'all'."),
    ] = None
    compared: CompareOptions = field(default_factory=CompareOptions)
    require: Annotated[
        str | None,
        Flag(
            metavar=SUPPORTED,
            help="Make the verdicts an exit code: 0 all supported; 3 one contradicted or dependent on the rate; else 4, one inconclusive or "
            "untested.",
        ),
    ] = None
    dataset: Annotated[str | None, Flag(trains=True, modes=(TRIAL,), help="Data set or FILE.py (default: the suite's).")] = None
    data: Annotated[
        Path | None,
        Flag(metavar="DIR", trains=True, modes=(TRIAL,), help="Folder of the images, for data sets that need one."),
    ] = None
    download: Annotated[bool, Flag(modes=(TRIAL,), help="Download the images, if torchvision offers them.")] = False
    holdout: Annotated[
        str | None,
        Flag(
            metavar="P%",
            trains=True,
            modes=(TRIAL,),
            help="Cut P percent of each class of an image folder without test/ as test images, the same at every seed.",
        ),
    ] = None
    image_size: Annotated[
        str | None,
        Flag(metavar="PIXELS", trains=True, modes=(TRIAL,), help="Scale the images of an image folder to this side on loading."),
    ] = None
    recipe: Annotated[str | None, Flag(trains=True, help="Training recipe (default: the suite's).")] = None
    settings: Annotated[
        tuple[str, ...], Flag(name="set", metavar="KEY=VALUE", trains=True, help="Change a field of the recipe; repeatable.")
    ] = ()
    rates: Annotated[
        str | None,
        Flag(
            metavar="R,R,...",
            trains=True,
            help="Learning rates at which the claims are tested, or 'recipe' for the recipe's only (default: the suite's fractions).",
        ),
    ] = None
    seeds: Annotated[
        str | None,
        Flag(
            metavar="N|A-B",
            trains=True,
            help="Train with seeds 0 to N-1 (default: to the first declared look), or with seeds A to B as a study of its own.",
        ),
    ] = None
    is_tuned: Annotated[
        bool,
        Flag(
            name="tune",
            trains=True,
            help="Tune every compared arm's learning rate alike on held-out images, and judge the claims also with each at its best.",
        ),
    ] = False
    until: Annotated[
        str | None,
        Flag(metavar=DECIDED, trains=True, help="Train arms of open claims to later looks, until all are decided or hopeless."),
    ] = None
    hours: Annotated[float | None, Flag(metavar="H", trains=True, help="Begin no seed of a later look after H hours.")] = None
    arms: Annotated[
        tuple[str, ...],
        Flag(
            metavar="GLOB,...",
            modes=(TRIAL,),
            help="Run only matching arms, such as 'plain*,resnet20'; 'all' adds optional ones. Repeatable.",
        ),
    ] = ("*",)
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    shard: Annotated[
        str | None, Flag(metavar="I/N", trains=True, help="Run only the I-th of N parts of the trials, for array jobs.")
    ] = None
    device: Annotated[str, Flag(modes=(TRIAL,), help="Device: auto, cpu, cuda or mps.")] = "auto"
    measure: Annotated[
        tuple[str, ...],
        Flag(
            metavar="WHAT,...",
            help="Measure cost, accuracy, throughput (default: the suite's); nothing is trained without accuracy.",
        ),
    ] = ()
    trial: Annotated[
        str | None,
        Flag(
            metavar="KEY",
            help="Re-run a recorded trial and compare; nothing is written. Exit code 0: same results; 1: different results on the same "
            "machine and versions; 3: different results on another machine or with other versions.",
        ),
    ] = None
    out: Annotated[Path, Flag(metavar="DIR", modes=(TRIAL, LIST), help="Folder of records and reports.")] = Path("results")
    is_dry_run: Annotated[bool, Flag(name="dry-run", help="Print the plan, its costs and its time; train nothing.")] = False
    is_list: Annotated[bool, Flag(name="list", help="List suites, arms, data sets, recipes and metrics, then exit.")] = False
    as_json: Annotated[bool, Flag(name="json", modes=(TRIAL, LIST), help="Print JSON instead of tables.")] = False

    def __post_init__(self) -> None:
        check_numbers(self)
        self._check_question()
        index, _, count = (self.shard or "1/1").partition("/")
        if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            raise ValueError(f"--shard must be I/N, such as 1/8, with I from 1 to N, got {self.shard!r}")
        for name in sorted(self.measures or ()):
            choose("measure", name, dict.fromkeys(MEASURES))
        read_choices(self.holdout, self.image_size)
        if self.seeds is not None:
            read_seeds(self.seeds)
        check_until(self.until, self.hours, {"--seeds": self.seeds, "--shard": self.shard})
        for name, is_given in (("--seeds", self.seeds is not None), ("--tune", self.is_tuned)):
            if is_given and not self.has_accuracy:
                chosen = f"--measure {','.join(self.measure)}" if self.measure else f"--on {self.compared.on}"
                raise ValueError(f"{name} cannot be combined with {chosen}, which trains nothing: omit it")
        if self.is_tuned and self.part[1] > 1:
            raise ValueError(f"--tune cannot be combined with --shard {self.shard}: rates are chosen from the runs of all parts")

    def _check_question(self) -> None:
        """Check that one question is named, and what is required of its verdicts."""
        if self.compared.compare and self.suite is not None:
            raise ValueError(
                f"--suite {self.suite} cannot be combined with {COMPARE}, which is a suite of its own: omit one of them"
            )
        if self.require not in (None, SUPPORTED):
            raise ValueError(f"--require must be {SUPPORTED!r}, got {self.require!r}")
        if self.require and self.shard:
            raise ValueError(
                "--require cannot be combined with --shard, whose parts have no verdicts: require it of the whole study"
            )

    @property
    def image_choices(self) -> ImageChoices:
        """What is chosen about the images of a folder."""
        return read_choices(self.holdout, self.image_size)

    @property
    def part(self) -> tuple[int, int]:
        """Index of the part and number of parts: "2/8" is (2, 8)."""
        index, _, count = (self.shard or "1/1").partition("/")
        return int(index), int(count)

    @property
    def measures(self) -> frozenset[str] | None:
        """Requested measures; None means the suite's own choice."""
        chosen = self.measure or ((self.compared.measure,) if self.compared.measure else ())
        return frozenset(name.strip() for names in chosen for name in names.split(",")) if chosen else None

    @property
    def has_accuracy(self) -> bool:
        """Whether networks are trained."""
        return self.measures is None or "accuracy" in self.measures

    @property
    def has_throughput(self) -> bool:
        """Whether throughput is requested, or no measure is named."""
        return self.measures is None or "throughput" in self.measures

    @property
    def training_flags(self) -> list[str]:
        """Given flags that have no effect if nothing is trained."""
        given = [option.spelled for option in flags_of(self) if option.is_given and option.flag.trains]
        return [*given, "--measure accuracy"] if "accuracy" in (self.measures or ()) else given
