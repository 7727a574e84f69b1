"""All commands under one name: `residual-benchmarks run --suite depth`, or python -m benchmarks run --suite depth.

The console command also works in a folder that contains another `benchmarks/`: unlike `python -m`, it does not import from the current
folder first.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.cli.shadows import HOME, hidden_by
from benchmarks.store.environment import read_checkout
from resnet_variants.command import USAGE, replace_missing_signs, start
from resnet_variants.lookup import no_such

NAME = "residual-benchmarks"
HELP = ("--help", "-h")


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its module, a description, and the words that come before the user's: `list` is `run --list`."""

    module: str
    description: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Commands of one kind, and a description: `residual-benchmarks speed gate`."""

    commands: Mapping[str, Entry]
    description: str


SPEED = {
    "gate": Entry("benchmarks.speed.gate", "Compare this project's own speed with a baseline."),
    "training": Entry("benchmarks.speed.training", "Compare the training speed with an ordinary loop and the machine's peak."),
    "driver": Entry("benchmarks.speed.driver", "Measure whether the driver keeps up with many trials."),
    "executors": Entry("benchmarks.speed.executors", "Compare the local executor and Ray."),
    "scale": Entry("benchmarks.speed.scale", "Estimate what the full study costs on a cluster."),
    "step-profile": Entry("benchmarks.speed.step_profile", "Show where the time of a training step goes."),
}
# each command is a line
COMMANDS: dict[str, Entry | Group] = {
    "run": Entry("benchmarks.run", "Run a suite: train, measure, report."),
    "compare": Entry("benchmarks.run", "Compare networks with the first one (run --compare).", ("--compare",)),
    "list": Entry("benchmarks.run", "List suites, arms, data sets and recipes (run --list).", ("--list",)),
    "plan": Entry("benchmarks.run", "Print what a run would do and how long it takes (run --dry-run).", ("--dry-run",)),
    "describe": Entry("resnet_variants.__main__", "Describe a network layer by layer (networks describe).", ("describe",)),
    "new": Entry("benchmarks.new", "Write a suite, network, data set or figure of your own, to be edited."),
    "networks": Entry("resnet_variants.__main__", "List the networks, or describe one."),
    "signal": Entry("benchmarks.signal", "Check before training whether a network passes its signal."),
    "report": Entry("analysis.report", "Write the reports again from the records."),
    "figure": Entry("analysis.figure", "Write one figure as SVG, PNG or PDF, or as a slide."),
    "show": Entry("analysis.show", "Say what the folder of a run holds: studies, seeds, plans, gaps, sizes."),
    "check": Entry("analysis.check", "List what a referee would object to."),
    "merge": Entry("benchmarks.merge", "Merge the records of several machines into one folder."),
    "prune": Entry("benchmarks.prune", "Delete the weights that were kept for probes."),
    "rename": Entry("benchmarks.rename", "Rename the files of an older release after their current keys."),
    "map": Entry("analysis.map", "Compare every claim over all data, recipes, rates and machines of a folder."),
    "reference": Entry("benchmarks.reference", "Make what results/reference lacks, or print what is missing."),
    "claims": Entry("analysis.claims", "List every claim with its source and its verdicts."),
    "paper": Entry("analysis.paper", "Write a suite's results as a LaTeX table, with a sentence to quote and BibTeX."),
    "calibrate": Entry("analysis.calibrate", "Measure how often verdicts are wrong on simulated suites."),
    "speed": Group(SPEED, "Measure this project's own speed."),
}


def main() -> None:
    """Run the command that the first words name, or list the commands."""
    replace_missing_signs()
    if sys.argv[1:2] == ["--version"]:
        print(_version())
    else:
        _start(NAME, COMMANDS, sys.argv[1:])


def _start(name: str, commands: Mapping[str, Entry | Group], words: Sequence[str]) -> None:
    """Start the command that the first of the words names, with the others as its arguments."""
    word, rest = (words[0], list(words[1:])) if words else (HELP[0], [])
    if word in HELP:
        print(_listing(name, commands))
    elif word not in commands:
        kind = f"{name.removeprefix(NAME)} command".strip()
        print(f"error: {no_such(kind, word, commands)}", file=sys.stderr)
        raise SystemExit(USAGE)
    elif isinstance(found := commands[word], Group):
        _start(f"{name} {word}", found.commands, rest)
    else:
        look_where_started()
        is_flag = bool(found.words) and found.words[0].startswith("--")
        wants_help = not set(HELP).isdisjoint(rest)
        if is_flag and wants_help:
            print(f"{name} {word} is {name} run {' '.join(found.words)}, with the same options.")
        sys.argv[1:] = rest if is_flag and wants_help else [*found.words, *rest]
        module = import_module(found.module)
        start(vars(module).get("app") or module.main, name=name if found.words == (word,) else f"{name} {word}")


def look_where_started() -> None:
    """Add the current folder to the module path, as `python -m` does, but after this project if it contains packages of the same names."""
    here = str(Path.cwd())
    if sys.flags.safe_path or {"", here} & set(sys.path):
        return
    sys.path[:0] = [str(HOME), here] if hidden_by(Path(here)) else [here]


def _listing(name: str, commands: Mapping[str, Entry | Group]) -> str:
    width = max(map(len, commands))
    lines = [f"  {word.ljust(width)}  {command.description}" for word, command in commands.items()]
    version = "; --version prints the version and the commit" if name == NAME else ""
    return "\n".join(
        [f"usage: {name} COMMAND ...", "", *lines, "", f"{name} COMMAND --help prints a command's options{version}."]
    )


def _version() -> str:
    try:
        version = metadata.version(NAME)
    except metadata.PackageNotFoundError:
        version = "(not installed)"
    checkout = read_checkout()
    commit = f", commit {checkout.commit}" if checkout.commit else ""
    return f"{NAME} {version}{commit}{' with uncommitted changes' if checkout.is_dirty else ''}"


if __name__ == "__main__":
    main()
