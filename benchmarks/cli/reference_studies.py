"""Studies of the reference, each by the flags that run it: the digits, real images, and the papers' recipes.

A study that takes an image folder or a GPU is left out, with the reason, where there is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.flags import Request
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import survey_names

PHOTOS, MNIST = "cifar10-jpeg", "mnist-png"
ON_PHOTOS = ("depth", "ordering", "shortcut", "width", "cardinality", "branch")
AS_PUBLISHED = (("depth", "he2015"), ("ordering", "he2016"))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceStudy:
    """A suite with the images, the recipe, the seeds and the arms of the reference; None means the suite's own.

    `folder` is the name of an image folder. A study that `needs_gpu` takes days on a CPU. One `to_decision` goes on to the later looks.
    """

    suite: str
    folder: str | None = None
    recipe: str | None = None
    seeds: str | None = None
    arms: tuple[str, ...] = ("*",)
    needs_gpu: bool = False
    to_decision: bool = False

    @property
    def name(self) -> str:
        """Suite, images and recipe, as in "depth on cifar10-jpeg, recipe short"."""
        images = self.folder or ("" if self.suite in survey_names() else load_suite(self.suite).dataset)
        return f"{self.suite}{f' on {images}' if images else ''}{f', recipe {self.recipe}' if self.recipe else ''}"

    def request(self, out: Path, data: Path | None, options: ExecutionOptions, device: str) -> Request:
        """Return the request of this study, with its image folder in `data`.

        Raises:
            ValueError: the request is invalid.
        """
        return Request(
            suite=self.suite,
            dataset="imagefolder" if self.folder else None,
            data=data / self.folder if data and self.folder else None,
            recipe=self.recipe,
            seeds=self.seeds,
            arms=self.arms,
            until="decided" if self.to_decision else None,
            options=options,
            device=device,
            out=out,
        )

    def hindrance(self, data: Path | None, device: str) -> str:
        """Return why the study cannot be run here; "" if it can be."""
        if self.folder and (data is None or not (data / self.folder).is_dir()):
            return f"needs the folder {self.folder}: name the folder that holds it with --data"
        return "needs a GPU" if self.needs_gpu and device == "cpu" else ""


def reference_studies() -> Iterator[ReferenceStudy]:
    """Yield the studies of the reference in the order of their value: digits, surveys, real images, the papers' recipes."""
    for name in suite_names():
        yield ReferenceStudy(suite=name, to_decision=bool(load_suite(name).looks))
    for name in survey_names():
        yield ReferenceStudy(suite=name)
    for name in ON_PHOTOS:
        yield ReferenceStudy(suite=name, folder=PHOTOS, recipe="short", seeds="3")
    yield ReferenceStudy(suite="lectures", folder=MNIST, recipe="short", seeds="3")
    for name, recipe in AS_PUBLISHED:
        yield ReferenceStudy(suite=name, folder=PHOTOS, recipe=recipe, seeds="3", arms=("all",), needs_gpu=True)
