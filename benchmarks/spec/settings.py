"""Recipe settings as text: "epochs=2" to a Recipe, and back."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import NoneType
from typing import get_args, get_origin

from benchmarks.spec.recipe import RECIPES, Recipe
from resnet_variants.lookup import choose, no_such

LENGTH, TIMES = "length", "x"  # a factor: "length=x3"
LENGTH_FIELDS = ("epochs", "iterations", "milestones")
DIGITS = 12  # significant digits of what a factor gives
IDLE_FIELDS: dict[str, frozenset[str]] = {  # fields that a schedule ignores
    "one-cycle": frozenset(
        ("decay", "milestones", "warmup_learning_rate", "warmup_iterations", "warmup_until_train_error_pct", "warmup_min_depth")
    ),
    "steps": frozenset(("warmup_fraction",)),
}


def recipe_name(recipe: Recipe) -> str:
    """Return the nearest recipe of the table and the differing fields, such as "quick" or "quick:epochs=2"."""
    differences = {
        name: [field.name for field in fields(Recipe) if getattr(recipe, field.name) != getattr(known, field.name)]
        for name, known in RECIPES.items()
    }
    name = min(differences, key=lambda name: len(differences[name]))
    spelled = [f"{field}={_spell(getattr(recipe, field))}" for field in differences[name]]
    return f"{name}:{','.join(spelled)}" if spelled else name


@dataclass(frozen=True, slots=True)
class Factor:
    """A setting that multiplies what the recipe has: "x0.1"."""

    value: float

    def of(self, key: str, recipe: Recipe) -> int | float:
        """Return the recipe's value of a field times the factor.

        Raises:
            ValueError: the recipe has no such value, or a whole number is no longer one.
        """
        before = getattr(recipe, key)
        if not before:
            raise ValueError(
                f"{key}={_spell(self)} multiplies nothing, because the recipe's {key} is {_spell(before)}: give a value"
            )
        return _multiplied(key, before, self.value)


def read_settings(settings: Iterable[str], flag: str = "") -> dict[str, object]:
    """Return the values of settings such as "epochs=2" or "learning_rate=x0.1" (a `Factor`) by field; "length" has only a factor.

    `flag` precedes a setting in messages.

    Raises:
        ValueError: a field is unknown or repeated, or its value is not of its type.
    """
    values: dict[str, object] = {}
    known = {field.name: field.type for field in fields(Recipe)}
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals:
            raise ValueError(f"{flag}{setting!r} must be KEY=VALUE; the keys are {', '.join([*known, LENGTH])}")
        if key not in (*known, LENGTH):
            raise ValueError(no_such("recipe field", key, [*known, LENGTH]))
        if key in values:
            raise ValueError(f"{flag}{key} is given twice: give it once")
        values[key] = _read_factor(key, text) if key == LENGTH else _read(key, text, known[key])
    clash = [key for key in values if key in LENGTH_FIELDS and LENGTH in values]
    if clash:
        raise ValueError(f"{flag}{LENGTH} also sets {', '.join(clash)}: leave one of them out")
    return values


def canonical(settings: Iterable[str]) -> tuple[str, ...]:
    """Return the one spelling of settings, by field; raise the errors of `read_settings`."""
    values = sorted(read_settings(settings).items())
    return tuple(f"{key}={f'{value:.{DIGITS}g}' if isinstance(value, float) else _spell(value)}" for key, value in values)


def possible_settings(settings: Iterable[str]) -> tuple[str, ...]:
    """Return the one spelling of an arm's settings, of which some recipe of this project has to be capable.

    Raises:
        ValueError: a setting is no recipe's, its value is impossible, two contradict each other, or the precision depends on the device.
    """
    if isinstance(settings, str):
        raise ValueError(f'settings must be a tuple, as in ("epochs=30",), got {settings!r}')
    spelled = canonical(settings)
    if "precision=native" in spelled:
        raise ValueError("the precision of an arm must be fp32 or bf16, got 'native'")
    reasons = []
    for recipe in RECIPES.values():
        try:
            change(recipe, spelled, flag="")
            return spelled
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError(f"{', '.join(spelled)} is possible with no recipe: {reasons[0]}")


@lru_cache(maxsize=4096)
def with_settings(recipe: Recipe, settings: tuple[str, ...]) -> Recipe:
    """Return the recipe with an arm's settings; raise the errors of `change`."""
    return change(recipe, settings, flag="") if settings else recipe


def change(recipe: Recipe, settings: Iterable[str], flag: str = "--set ") -> Recipe:
    """Return the recipe with fields set as in "epochs=2"; several milestones are separated by `/`.

    "learning_rate=x0.1" multiplies the recipe's own value, and "length=x3" its epochs or iterations and its milestones.

    Raises:
        ValueError: a field is unknown or repeated, or its value is impossible.
    """
    read = read_settings(settings, flag)
    values = {key: value.of(key, recipe) if isinstance(value, Factor) else value for key, value in read.items() if key != LENGTH}
    factor = read.get(LENGTH)
    if isinstance(factor, Factor):
        values |= _lengthened(recipe, factor)
    if "epochs" in values and "iterations" not in values and values["epochs"] is not None:
        values["iterations"] = None
    if "iterations" in values and "epochs" not in values and values["iterations"] is not None:
        values["epochs"] = None
    unit = _unit(recipe)
    if values.get(unit, 0) is None and recipe.milestones and "milestones" not in values:
        spelled = _spell(recipe.milestones)
        raise ValueError(
            f"the milestones {spelled} count {unit}: with a length in another unit set them too, as in {flag}milestones=82/123"
        )
    changed = replace(recipe, **values)  # type: ignore[arg-type]  # each value was read by its field's type
    idle = [key for key in values if key in IDLE_FIELDS[changed.schedule] and getattr(changed, key) != getattr(recipe, key)]
    if idle:
        raise ValueError(
            f"{', '.join(idle)} would change nothing with schedule {changed.schedule}: leave it out, or set another schedule"
        )
    return changed


def rounded(value: float) -> float:
    """Return a number with 12 significant digits, so that a fraction of a rate is the number that a user writes."""
    return float(f"{value:.{DIGITS}g}")


def _unit(recipe: Recipe) -> str:
    return "epochs" if recipe.iterations is None else "iterations"


def _lengthened(recipe: Recipe, factor: Factor) -> dict[str, object]:
    """Return the length and the milestones of a recipe that takes `factor` times as long."""
    unit = _unit(recipe)
    milestones = tuple(_multiplied("milestones", milestone, factor.value) for milestone in recipe.milestones)
    return {unit: factor.of(unit, recipe), "milestones": milestones}


def _multiplied(key: str, before: int | float, factor: float) -> int | float:
    after = rounded(before * factor)
    if isinstance(before, float):
        return after
    if not after.is_integer():
        raise ValueError(f"{key} {before:,} times {factor:g} is {after:g}, not a whole number: take another factor")
    return int(after)


def _read_factor(key: str, text: str) -> Factor:
    try:
        factor = float(text.removeprefix(TIMES)) if text.startswith(TIMES) else 0.0
    except ValueError:
        factor = 0.0
    if not (factor > 0 and math.isfinite(factor)):
        raise ValueError(f"{key} {text!r} must be a factor above 0, as in {key}={TIMES}3")
    return Factor(rounded(factor))


def _read(key: str, text: str, declared: object) -> object:
    """Return the value that a text gives to a field of the declared type."""
    kinds = get_args(declared) or (declared,)
    if len(text) > 1 and text.startswith(TIMES) and {int, float} & set(kinds):
        if key in LENGTH_FIELDS:
            raise ValueError(
                f"{key}={text} would leave the milestones where they are: write {LENGTH}={text}, which moves them too"
            )
        return _read_factor(key, text)
    if NoneType in kinds and text.lower() == "none":
        return None
    if get_origin(declared) is tuple:
        if "," in text:
            raise ValueError(f"{key} {text!r} must be whole numbers with slashes between them, as in 82/123")
        return tuple(int(_number(key, part, whole=True)) for part in text.split("/") if part)
    if bool in kinds:
        return choose(key, text.lower(), {"true": True, "false": False})
    if int in kinds:
        return int(_number(key, text, whole=True))
    return _number(key, text, whole=False) if float in kinds else text


def _number(key: str, text: str, *, whole: bool) -> float:
    try:
        return int(text) if whole else float(text)
    except ValueError:
        raise ValueError(f"{key} {text!r} is not a {'whole ' if whole else ''}number") from None


def _spell(value: object) -> str:
    if isinstance(value, Factor):
        return f"{TIMES}{value.value:.{DIGITS}g}"
    if isinstance(value, tuple):
        return "/".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
