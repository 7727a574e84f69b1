"""Find a user's own network, `my_nets:my_net` -> Own, by its location, by a path or by an entry point, from its source without running it.

The module may state facts about the network, so that they are known without building it: see `facts`.
"""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from resnet_variants.facts import facts_at
from resnet_variants.source import digest_of_places, find, search
from resnet_variants.variant import Own

GROUP = "residual_benchmarks.networks"


def place_of(text: str) -> str:
    """Return "my_nets:my_net" for "./my_nets.py:my_net", whose folder is searched for modules from now on; other texts are returned as they are.

    Raises:
        ValueError: the file does not exist, is no module, or another module of its name is found first.
    """
    file, ending, name = text.partition(".py:")
    if not ending:
        return text
    path = Path(f"{file}.py").expanduser().absolute()
    if not path.is_file():
        raise ValueError(f"no file {file}.py ({path}): name a network as FILE.py:NAME or as module:NAME")
    if not path.stem.isidentifier():
        raise ValueError(f"{file}.py cannot be imported: its name must be letters, digits and underscores: rename it")
    search([str(path.parent)])
    found = find(path.stem)
    origin = None if found is None else found.origin
    if origin is None or Path(origin).resolve() != path.resolve():
        raise ValueError(f"{file}.py is hidden by another module {path.stem!r} ({origin}): rename it, or run in its folder")
    return f"{path.stem}:{name}"


def entry_point_of(name: str) -> str | None:
    """Return the place that an entry point of another package names, as "my_pkg.nets:my_net"; None if there is no such entry point."""
    found = {entry.value for entry in entry_points(group=GROUP, name=name)}
    if len(found) > 1:
        raise ValueError(
            f"several packages have an entry point {name!r} in {GROUP}: {', '.join(sorted(found))}: uninstall all but one"
        )
    return next(iter(found), None)


def read_own(place: str, **given: Any) -> Own:
    """Return the network at "module:name" with the facts that its module states, overridden by `given`.

    If the module is not found, the network has no digest: its records can be reported, but it cannot be built or
    trained.

    Raises:
        ValueError: a source file is broken or a needed module is missing, the module does not define the name, or a
            fact has an impossible value.
    """
    facts = facts_at(place)
    return (
        Own(place=place, digest="", **given)
        if facts is None
        else Own(place=place, digest=digest_of_places(place), **(facts | given))
    )
