"""The flags of a run, each defined once: a field of Request or ExecutionOptions holds its name, default, checks and help.

A command's parameters, its --help, its Request and the check for flags without effect are made from these fields. This file is kept apart
so that --help loads nothing else.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from benchmarks.cli.compare_flags import COMPARE, CompareOptions
from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.flag import Flag, check_numbers, flags_of
from benchmarks.cli.seeds import DECIDED, check_until, read_seeds
from benchmarks.spec.image_choices import ImageChoices, read_choices
from resnet_variants.lookup import choose

TRIAL, LIST = "--trial", "--list"
MEASURES = ("cost", "accuracy", "throughput")
SUPPORTED = "supported"
Shown = Literal["nothing", "short", "all"]  # what a run prints at its end


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
    dataset: Annotated[
        str | None, Flag(metavar="NAME", trains=True, modes=(TRIAL,), help="Data set or FILE.py (default: the suite's).")
    ] = None
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
    recipe: Annotated[str | None, Flag(metavar="NAME", trains=True, help="Training recipe (default: the suite's).")] = None
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
    device: Annotated[str, Flag(metavar="NAME", modes=(TRIAL,), help="Device: auto, cpu, cuda or mps.")] = "auto"
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
    predict: Annotated[
        tuple[Path, ...],
        Flag(
            metavar="FILE ...",
            trains=True,
            help="Predict each claim's outcome before the run, with odds: CSV or JSON, a file a person. A file that does not exist is written as "
            "a form to fill in.",
        ),
    ] = ()
    is_verbose: Annotated[
        bool,
        Flag(
            name="verbose",
            modes=(LIST,),
            help="Print every verdict with its margin, p, rates and seeds needed, at the end; with --list, the arms.",
        ),
    ] = False
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
        self._check_predictions()
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

    def _check_predictions(self) -> None:
        """Check that predictions belong to a run that trains a whole study."""
        if not self.predict:
            return
        for flag, is_given in (("--dry-run", self.is_dry_run), ("--shard", self.shard is not None)):
            if is_given:
                raise ValueError(f"--predict cannot be combined with {flag}: predictions are fixed when a whole study begins")
        if not self.has_accuracy:
            raise ValueError("--predict needs a run that trains: omit it")

    @property
    def image_choices(self) -> ImageChoices:
        """What is chosen about the images of a folder."""
        return read_choices(self.holdout, self.image_size)

    @property
    def shown(self) -> Shown:
        """What is printed of the verdicts: nothing beside JSON."""
        return "nothing" if self.as_json else "all" if self.is_verbose else "short"

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
