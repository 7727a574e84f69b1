"""How one flag is given on the command line, and the flags of a value whose fields hold them."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """How a field is given on the command line.

    `name` is the flag's name (default: the field's) and `least` its smallest value. A flag is accepted with the modes in `modes` (--trial,
    --list), and only with `executor` if that is set. A flag that `trains` is refused if nothing is trained.
    """

    help: str
    name: str = ""
    metavar: str | None = None
    least: int | None = None
    trains: bool = False
    executor: str = ""
    modes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFlag:
    """A flag and its value in one request."""

    name: str
    kind: Any
    default: Any
    value: Any
    flag: Flag

    @property
    def spelled(self) -> str:
        return f"--{self.flag.name or self.name.replace('_', '-')}"

    @property
    def is_given(self) -> bool:
        return bool(self.value != self.default)


def flags_of(asked: Any) -> Iterator[GivenFlag]:
    """Yield the flags and values of a request or of options, in the order of --help; a field may hold further options."""
    for declared in fields(asked):
        value = getattr(asked, declared.name)
        if is_dataclass(value):
            yield from flags_of(value)
        else:
            kind, flag = get_args(declared.type)
            yield GivenFlag(name=declared.name, kind=kind, default=declared.default, value=value, flag=flag)


def check_numbers(asked: Any) -> None:
    """Check that every given number is at least its flag's smallest value.

    Raises:
        ValueError: a number is smaller; names the flag, the rule and the value.
    """
    for given in flags_of(asked):
        least = given.flag.least
        if least is not None and given.value is not None and not given.value >= least:
            raise ValueError(f"{given.spelled} must be at least {least}, got {given.value:g}")
