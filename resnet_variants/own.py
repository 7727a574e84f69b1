"""Find a user's own network, `my_nets:my_net` -> Own, by its location, by a path or by an entry point, from its source without running it.

The module may state facts about the network, so that they are known without building it: see `facts`.
"""

from importlib.metadata import entry_points
from typing import Any

from resnet_variants.facts import facts_at
from resnet_variants.source import digest_of_places
from resnet_variants.variant import Own

GROUP = "residual_benchmarks.networks"


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
