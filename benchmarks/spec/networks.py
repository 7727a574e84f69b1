"""Networks that a file names: of this project, or a user's own."""

from benchmarks.spec.named import refuse_ambiguous
from resnet_variants.registry import parse
from resnet_variants.variant import Variant


def network(name: str) -> Variant:
    """Return the network that a name spells, as `resnet_variants.parse` does; in a user's file an ambiguous name is refused.

    Raises:
        ValueError: the name is unknown, or may mean another network than the one that is found.
    """
    return read_networks(name)[name]


def read_networks(*names: str) -> dict[str, Variant]:
    """Return networks by name, for arms; raise the errors of `network`."""
    networks = {name: parse(name) for name in names}
    refuse_ambiguous(networks)
    return networks
