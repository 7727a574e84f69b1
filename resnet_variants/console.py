"""The terminal: prints names as they are, of which rich would take `[x]` for markup and `:zero:`, as in my_nets:zero:, for an emoji."""

from rich.console import Console


def new_console(*, stderr: bool = False, highlight: bool = True) -> Console:
    """Return a console that prints texts and cells of tables as they are; it colours numbers if it may `highlight`."""
    return Console(stderr=stderr, highlight=highlight, markup=False, emoji=False)
