"""Facts about images that records and reports hold."""

from dataclasses import dataclass, replace

from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from resnet_variants.architecture import Task

HELD_OUT = "training images held out in the place of the test images"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFacts:
    """Facts about the images that a report shows.

    `preparation` lists what was done to their files, and which files were left out. `notes` are sentences that a reader
    must know before any number, such as test images that are also training images.
    """

    source: str
    image_shape: tuple[int, int, int]
    classes: tuple[str, ...]
    num_train: int
    num_test: int
    has_a_left_and_right: bool = False
    preparation: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def task(self, recipe: Recipe) -> Task:
        """Return the task of a network that is trained on these images with a recipe."""
        return Task(image_shape=recipe.input_shape(self.image_shape), num_classes=len(self.classes))

    def of_trial(self, trial: Trial) -> "DataFacts":
        """Return the facts about a trial's images: those that it holds out of the training images are its test images.

        Raises:
            ValueError: its fraction holds out no image, or leaves fewer than two.
        """
        number = trial.num_held_out(self.num_train)
        preparation = (*self.preparation, HELD_OUT)
        return replace(self, num_train=self.num_train - number, num_test=number, preparation=preparation) if number else self

    @property
    def in_words(self) -> str:
        """Summary, such as "48 training and 12 test images, 3 classes, 24x24; left out: 1 .heic"."""
        _, rows, columns = self.image_shape
        counts = f"{self.num_train:,} training and {self.num_test:,} test images, {len(self.classes)} classes, {columns}x{rows}"
        return "; ".join([counts, *self.preparation])
