"""Recipe settings as text: "epochs=2" to a Recipe, and back."""

from dataclasses import fields, replace
from types import NoneType
from typing import get_args, get_origin

from benchmarks.spec.recipe import RECIPES, Recipe
from resnet_variants.lookup import choose, no_such

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


def change(recipe: Recipe, settings: list[str]) -> Recipe:
    """Return the recipe with fields set as in "epochs=2"; several milestones are separated by `/`.

    Raises:
        ValueError: a field is unknown or repeated, or its value is impossible.
    """
    values: dict[str, object] = {}
    known = {field.name: field.type for field in fields(Recipe)}
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals:
            raise ValueError(f"--set {setting!r} must be KEY=VALUE; the keys are {', '.join(known)}")
        if key not in known:
            raise ValueError(no_such("recipe field", key, known))
        if key in values:
            raise ValueError(f"--set {key} is given twice: give it once")
        values[key] = _read(key, text, known[key])
    if "epochs" in values and "iterations" not in values and values["epochs"] is not None:
        values["iterations"] = None
    if "iterations" in values and "epochs" not in values and values["iterations"] is not None:
        values["epochs"] = None
    unit = "epochs" if recipe.iterations is None else "iterations"
    if values.get(unit, 0) is None and recipe.milestones and "milestones" not in values:
        spelled = _spell(recipe.milestones)
        raise ValueError(
            f"the milestones {spelled} count {unit}: with a length in another unit set them too, as in --set milestones=82/123"
        )
    changed = replace(recipe, **values)  # type: ignore[arg-type]  # each value was read by its field's type
    idle = [key for key in values if key in IDLE_FIELDS[changed.schedule] and getattr(changed, key) != getattr(recipe, key)]
    if idle:
        raise ValueError(
            f"{', '.join(idle)} would change nothing with schedule {changed.schedule}: leave it out, or set another schedule"
        )
    return changed


def _read(key: str, text: str, declared: object) -> object:
    """Return the value that a text gives to a field of the declared type."""
    kinds = get_args(declared) or (declared,)
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
    if isinstance(value, tuple):
        return "/".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
