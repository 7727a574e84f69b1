"""Whose code a network is made of: this project's, or partly a user's."""

from resnet_variants.architecture import Architecture
from resnet_variants.orderings import ordering_of
from resnet_variants.variant import COURSES, FIXED, Fixed, Own, Variant


def is_built_here(variant: Variant) -> bool:
    """Return whether a network is fixed and built by this project's source or torchvision's, not by a user's replacement."""
    return isinstance(variant, Fixed) and (FIXED[variant.network].make or COURSES).startswith(COURSES)


def is_users(variant: Variant) -> bool:
    """Return whether a variant contains a user's code: a network of their own, or a word or path that they have added."""
    return isinstance(variant, Own) or (isinstance(variant, Architecture) and bool(variant.users_parts))


def own_places(variant: Variant) -> tuple[str, ...]:
    """Return the locations of a user's code that a variant names: its own, or those of its ordering's words."""
    if isinstance(variant, Own):
        return (variant.place,)
    return tuple(ordering_of(variant.ordering).own_words) if isinstance(variant, Architecture) else ()


def digest_in(variant: Variant) -> str | None:
    """Return the digest of a user's source that is part of a variant; None if none is: then no edit makes it another network."""
    if isinstance(variant, Architecture) and not ordering_of(variant.ordering).own_words:
        return None
    return variant.digest if isinstance(variant, Own | Architecture) else None
