"""Name of a study's folder, which its plan and its report share."""

from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.trial import LONGEST_LABEL, DatasetIdentity, short, slug


def study_label(
    dataset: DatasetIdentity, recipe: Recipe, *, is_ambiguous: bool = False, seeds: tuple[int, int] | None = None
) -> str:
    """Return the name of a study's folder: data set, its checksum if the name is ambiguous, recipe, and a study's own seeds."""
    name = f"{dataset.name}-{dataset.checksum[:6]}" if is_ambiguous else dataset.name
    images, how = slug(name), slug(recipe_name(recipe).replace("=", "."))
    ending = "" if seeds is None else f"-seeds.{seeds[0]}-{seeds[1]}"
    if len(f"{images}-{how}{ending}") > LONGEST_LABEL:
        images = short(images, LONGEST_LABEL // 2)  # leaves room for the recipe
    return f"{short(f'{images}-{how}', LONGEST_LABEL - len(ending))}{ending}"
