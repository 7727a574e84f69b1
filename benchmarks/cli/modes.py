"""Flags that a mode would ignore: they are refused, so that a flag means the same with every other one.

`--dry-run` is no mode of its own: it takes the flags of the run that it plans.
"""

import typer

TAKES = {
    "--trial": ("--data", "--download", "--device", "--arms", "--out", "--json"),
    "--list": ("--out", "--json"),
}


def flags_given(context: typer.Context) -> list[str]:
    """Return the flags that stand on the command line, in the order of --help."""
    given = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            given.append(parameter.opts[0])
    return given


def refuse_idle_flags(given: list[str]) -> None:
    """Refuse flags that a mode among them would ignore.

    Raises:
        ValueError: there is one; names it, the mode, and what the mode takes.
    """
    for mode, takes in TAKES.items():
        idle = [flag for flag in given if flag != mode and flag not in takes]
        if mode in given and idle:
            raise ValueError(f"{', '.join(idle)} is not possible with {mode}, which takes {', '.join(takes)} alone: leave it out")
