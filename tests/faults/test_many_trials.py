"""Injected: nothing, two hundred times: trials one after the other in one process, checkpoints and weights among what they say.

What must hold: tensors, open files and threads are after the last one as many as after the first few, and memory has not grown.
"""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.cli.plan import plan
from benchmarks.executors.events import Attempt, Finished, Job
from benchmarks.spec.images import load_dataset
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms_on_parts
from benchmarks.store.environment import Checkout

pytestmark = pytest.mark.slow
NAMES = ["plain8:width=4", "resnet8:width=4", "preresnet11bn:width=4", "resnext11_4x2d", "resnet8:width=4,shortcut=C,dropout=0.1"]
NUM_TRIALS, NUM_FIRST = 200, 50
SHARE = 0.05  # of the digits: 65 images
MOST_BYTES = 10 * 1024**2  # the allocator takes its memory in steps; what a trial leaves shows among the tensors
STATUS = Path("/proc/self/status")


def usage() -> tuple[int, int, int, int]:
    """Resident bytes, live tensors, open files and threads of this process."""
    gc.collect()
    num_tensors = sum(isinstance(one, torch.Tensor) for one in gc.get_objects())
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return (
        int(fields["VmRSS"].split()[0]) * 1024,
        num_tensors,
        sum(1 for _ in Path("/proc/self/fd").iterdir()),
        int(fields["Threads"]),
    )


def run_many() -> list[tuple[int, int, int, int]]:
    """What the process uses after the first fifty of two hundred trials, and after all."""
    from benchmarks.executors.worker import Workplace

    images = load_dataset("digits").load(None, False)
    recipe = Recipe(iterations=8, batch_size=16, augment="crop-flip")
    trials = plan(arms_on_parts(NAMES, [SHARE]).values(), images, recipe, NUM_TRIALS // len(NAMES))
    kept = frozenset(trial.key for trial in trials)
    job = Job(images=images, device="cpu", checkout=Checkout(commit=None, is_dirty=None), weights_of=kept, checkpoint_every=1)
    workplace, found = Workplace(job), []
    for number, trial in enumerate(trials, start=1):
        *_, last = workplace.work(Attempt(trial=trial), job)
        assert isinstance(last, Finished) and last.result.status == "ok", last
        del last
        if number in (NUM_FIRST, NUM_TRIALS):
            found.append(usage())
    return found


@pytest.mark.skipif(not STATUS.exists(), reason="what a process uses is read where Linux keeps it")
def test_two_hundred_trials_in_one_process_leave_nothing_behind() -> None:
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    first, last = json.loads(done.stdout)
    assert last[0] - first[0] <= MOST_BYTES, f"{first[0] / 1e6:.1f} MB grew to {last[0] / 1e6:.1f} MB"
    assert last[1:] == first[1:]


if __name__ == "__main__":
    print(json.dumps(run_many()))
