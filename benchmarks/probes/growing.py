"""Train a trained network further: unchanged, and with one or three more blocks per stage that start from gamma 0 or gamma 1.

Tests the claim that a residual network can be deepened: after the same further training, the deeper network is no worse than the shallower
one. Five epochs at a constant rate of 0.01, with the same batches for all; the loss is that of the whole training set in evaluation mode.
"""

from dataclasses import replace

from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import Recipe
from benchmarks.training.loop import Training, evaluate
from benchmarks.training.probe_runner import Subject
from resnet_variants.grow import insert_everywhere
from resnet_variants.network import Network

EPOCHS, LEARNING_RATE = 5, 0.01
MORE = ((0, None), (1, 0.0), (1, 1.0), (3, 0.0), (3, 1.0))  # additional blocks per stage, and the gamma that they start from


def measure(subject: Subject) -> Findings:
    """Return the training loss after each epoch, and by how much it ends higher with three more blocks."""
    rows, ends = [], {}
    for num_blocks, gamma in MORE:
        grown, generator = subject.staged, subject.generator
        for _ in range(num_blocks):
            assert gamma is not None
            grown = insert_everywhere(grown, gamma, x_NCHW=subject.some_training_images(), generator=generator)
        losses = _train_on(subject, grown if num_blocks else subject.copy())
        ends[num_blocks, gamma] = losses[-1]
        rows += [{"blocks": num_blocks, "gamma": gamma, "epoch": epoch, "train_loss": loss} for epoch, loss in enumerate(losses)]
    values = {f"growing_gap_gamma_{gamma:.0f}": ends[3, gamma] - ends[0, None] for gamma in (0.0, 1.0)}
    return Findings(values=values, rows=tuple(rows))


def _train_on(subject: Subject, network: Network) -> list[float]:
    """Train a network; return the loss on the whole training set before and after each epoch."""
    recipe = Recipe(epochs=EPOCHS, batch_size=subject.trial.recipe.batch_size, learning_rate=LEARNING_RATE)
    training = Training(replace(subject.trial, recipe=recipe), network, subject.images)
    losses = []
    for _ in range(EPOCHS + 1):
        losses.append(evaluate(network, subject.images, subject.images.train, recipe).loss)
        if len(losses) <= EPOCHS:
            training.run_epoch()
    return losses
