"""What a run shows: every trial's end, and of those under way only a few."""

import io
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console

from benchmarks import arms_with
from benchmarks.cli.plan import plan
from benchmarks.cli.progress import MOST_SHOWN, Display
from benchmarks.executors.events import EpochDone, Finished, Note
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.store.trials import TrialResult


def display(images: Images, num_seeds: int, *, is_terminal: bool) -> tuple[Display, io.StringIO]:
    text = io.StringIO()
    trials = plan(arms("plain8").values(), images, Recipe(epochs=1, batch_size=64), num_seeds)
    console = Console(file=text, force_terminal=is_terminal, width=200)
    return Display(len(trials), trials, len(images.train.labels_N), console), text


def test_a_bar_names_a_few_of_many_trials_that_are_under_way(tiny: Images, make_result: Callable[..., TrialResult]) -> None:
    shown, _ = display(tiny, 100, is_terminal=True)
    with shown:
        for seed in range(100):
            shown.show(EpochDone(trial=make_result("plain8", seed).trial, epoch=None))
        running = shown.bar.running
    assert running.count("plain8") == MOST_SHOWN and running.endswith(f" and {100 - MOST_SHOWN} more")


def test_a_bar_stands_where_its_trials_stand(tiny: Images, make_result: Callable[..., TrialResult]) -> None:
    """One goes on from a checkpoint at its third epoch of four; then its worker is lost, and it begins again."""
    trials = plan(arms("plain8").values(), tiny, Recipe(epochs=4, batch_size=64), 1)
    (trial,) = trials
    (epoch,) = make_result("plain8", 0).history
    shown = Display(1, trials, len(tiny.train.labels_N), Console(file=io.StringIO(), force_terminal=True, width=200))
    with shown:
        for number, share in ((None, 0.0), (3, 0.75), (None, 0.0), (1, 0.25)):
            shown.show(EpochDone(trial=trial, epoch=None if number is None else replace(epoch, epoch=number)))
            task = shown.bar.tasks[0]
            assert task.total and task.completed / task.total == share


def test_without_a_terminal_there_is_a_line_a_trial(tiny: Images, make_result: Callable[..., TrialResult]) -> None:
    shown, text = display(tiny, 2, is_terminal=False)
    with shown:
        for seed in range(2):
            result = make_result("plain8", seed, train=1.0, test=2.5)
            shown.show(EpochDone(trial=result.trial, epoch=None))
            shown.show(Finished(result=result))
    assert text.getvalue().splitlines() == [
        f"{seed + 1}/2 plain8 seed {seed}: training error 1.00%, test error 2.50%, 1.1 s" for seed in range(2)
    ]


def test_a_note_about_a_trial_names_it_as_the_study_does(tiny: Images) -> None:
    (trial,) = plan(arms_with("epochs=3", "plain8").values(), tiny, Recipe(epochs=1, batch_size=64), 1)
    text = io.StringIO()
    with Display(1, [trial], 10, Console(file=text, width=200), lambda trial: "plain8 (epochs=3)") as shown:
        shown.show(Note(trial=trial, words="its worker ended; retry 1 of 1"))
        shown.show(Note(words="no trial"))
    assert text.getvalue().splitlines() == ["plain8 (epochs=3) seed 0: its worker ended; retry 1 of 1", "no trial"]


def test_a_terminal_shows_the_time_left_from_the_start_and_the_last_results_with_their_errors(
    tiny: Images, make_result: Callable[..., TrialResult]
) -> None:
    trials = plan(arms("plain8").values(), tiny, Recipe(epochs=1, batch_size=64), 5)
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=120)
    shown = Display(5, trials, 65, console, seconds=dict.fromkeys(trials, 60.0), in_all=150.0)
    with shown:
        shown.bar.refresh()
        assert "0/5 trials" in text.getvalue() and "0:02:30" in text.getvalue()
        for seed in range(4):
            shown.show(EpochDone(trial=make_result("plain8", seed).trial, epoch=None))
            assert f"plain8 seed {seed} epoch 0/1" in shown.bar.running
            shown.show(Finished(result=make_result("plain8", seed, train=1.0, test=2.5)))
        assert list(shown.bar.ended) == [
            f"{seed + 1}/5 plain8 seed {seed}: training error 1.00%, test error 2.50%, 1.1 s" for seed in (1, 2, 3)
        ]
        task = shown.bar.tasks[0]
        assert (task.completed, task.total) == (240.0, 300.0)
    assert "test error 2.50%" in text.getvalue()
