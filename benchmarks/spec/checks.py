"""Checks of the fields of suites and surveys, with the remedies of common slips in users' files."""


def check_tuple(name: str, value: object, kind: type) -> None:
    """Check that a field is a tuple of items of its type; a forgotten last comma makes it something else.

    Raises:
        ValueError: the field is not such a tuple; the message names the field and the wrong value.
    """
    wrong = value if not isinstance(value, tuple) else next((item for item in value if not isinstance(item, kind)), None)
    if wrong is not None:
        raise ValueError(f"{name} must be a tuple of {kind.__name__}, as in ({kind.__name__}(...),), got {wrong!r}")


def check_rates(rates: tuple[float, ...]) -> None:
    """Check that rates are different fractions of the recipe's, its own first.

    Raises:
        ValueError: they are not.
    """
    if not isinstance(rates, tuple) or not rates or rates[0] != 1.0 or len(set(rates)) < len(rates) or min(rates) <= 0:
        raise ValueError(
            f"rates must be different fractions above 0 of the recipe's rate, 1.0 first, as in (1.0, 0.5), got {rates!r}"
        )
