"""All commands under one name: `residual-benchmarks run --suite depth`, or python -m benchmarks run --suite depth.

The console command is what works beside a folder `benchmarks/` of somebody else's: Python looks into the folder one starts in before it looks
for what `-m` names, and for a console command it does not.
"""

import sys
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.cli.shadows import HOME, hidden_by
from benchmarks.store.environment import read_checkout
from resnet_variants.command import USAGE, replace_missing_signs, start
from resnet_variants.lookup import no_such

NAME = "residual-benchmarks"
# name -> the module that holds the command, and what it does
COMMANDS = {
    "run": ("benchmarks.run", "Carry out a suite: train, measure, report."),
    "merge": ("benchmarks.merge", "Bring the records of several machines into one folder."),
    "prune": ("benchmarks.prune", "Remove the weights that were kept for probes."),
    "rename": ("benchmarks.rename", "Rename the files of an older release's run after their keys of today."),
    "report": ("analysis.report", "Write the reports again, from the records alone."),
    "check": ("analysis.check", "List what a referee would object to."),
    "calibrate": ("analysis.calibrate", "Measure how often the verdicts are wrong where the truth is known."),
    "networks": ("resnet_variants.__main__", "List networks by name, or describe one layer by layer."),
    "speed": ("benchmarks.speed.gate", "Compare this project's own speed with a baseline."),
}


def main() -> None:
    """Run the command that the first word names; without one, list the commands."""
    replace_missing_signs()
    word = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if word in ("--help", "-h"):
        print(_listing())
    elif word == "--version":
        print(_version())
    elif word in COMMANDS:
        look_where_started()
        del sys.argv[1]
        module = import_module(COMMANDS[word][0])
        start(vars(module).get("app") or module.main, name=f"{NAME} {word}")
    else:
        print(f"error: {no_such('command', word, COMMANDS)}", file=sys.stderr)
        raise SystemExit(USAGE)


def look_where_started() -> None:
    """Find modules in the folder that the command is started in, as `python -m` does, though never in place of this project's packages."""
    here = str(Path.cwd())
    if sys.flags.safe_path or {"", here} & set(sys.path):
        return
    sys.path[:0] = [str(HOME), here] if hidden_by(Path(here)) else [here]


def _listing() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {word.ljust(width)}  {told}" for word, (_, told) in COMMANDS.items()]
    return "\n".join(
        [f"usage: {NAME} COMMAND ...", "", *lines, "", f"{NAME} COMMAND --help prints its options; --version prints the version."]
    )


def _version() -> str:
    checkout = read_checkout()
    commit = f", commit {checkout.commit}" if checkout.commit else ""
    return f"{NAME} {metadata.version(NAME)}{commit}{' with uncommitted changes' if checkout.is_dirty else ''}"


if __name__ == "__main__":
    main()
