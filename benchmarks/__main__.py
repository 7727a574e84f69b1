"""All commands under one name: `residual-benchmarks run --suite depth`, or python -m benchmarks run --suite depth.

The console command also works in a folder that contains another `benchmarks/`: unlike `python -m`, it does not import from the current
folder first.
"""

import sys
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.cli.shadows import HOME, hidden_by
from benchmarks.store.environment import read_checkout
from resnet_variants.command import USAGE, replace_missing_signs, start
from resnet_variants.lookup import no_such

NAME = "residual-benchmarks"
# name -> module of the command, and a description
COMMANDS = {
    "run": ("benchmarks.run", "Run a suite: train, measure, report."),
    "merge": ("benchmarks.merge", "Merge the records of several machines into one folder."),
    "prune": ("benchmarks.prune", "Delete the weights that were kept for probes."),
    "rename": ("benchmarks.rename", "Rename the files of an older release after their current keys."),
    "report": ("analysis.report", "Write the reports again from the records."),
    "check": ("analysis.check", "List what a referee would object to."),
    "calibrate": ("analysis.calibrate", "Measure how often verdicts are wrong on simulated suites."),
    "networks": ("resnet_variants.__main__", "List the networks, or describe one layer by layer."),
    "speed": ("benchmarks.speed.gate", "Compare this project's own speed with a baseline."),
}


def main() -> None:
    """Run the command that the first argument names, or list the commands."""
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
    """Add the current folder to the module path, as `python -m` does, but after this project if it contains packages of the same names."""
    here = str(Path.cwd())
    if sys.flags.safe_path or {"", here} & set(sys.path):
        return
    sys.path[:0] = [str(HOME), here] if hidden_by(Path(here)) else [here]


def _listing() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name.ljust(width)}  {description}" for name, (_, description) in COMMANDS.items()]
    return "\n".join(
        [
            f"usage: {NAME} COMMAND ...",
            "",
            *lines,
            "",
            f"{NAME} COMMAND --help prints a command's options; --version prints the version.",
        ]
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
