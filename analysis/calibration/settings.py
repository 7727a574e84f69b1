"""Settings in which suites are simulated: the noise of their arms, the seeds, the looks and the learning rates."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from analysis.calibration.noise import RunNoise, arm_noises, normal_noise, num_seeds_of
from analysis.tables.studies import Study

Rates = Literal["one", "equal", "opposite"]
LOOKS = (5, 10, 20)
NUM_RATES = 3
FAILURE_RATES = {"1/20": 1 / 20, "1/8": 1 / 8, "5/8": 5 / 8}
NUM_ARMS = 8
# of a log ratio between timing sessions of one machine: suites width and vgg of the reference
RATIO_DEVIATIONS = (0.045, 0.154)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Setting of simulated suites: the noise of their arms, in random order, and how they are run.

    With several rates the true effects are equal at all of them, or opposite at the first. `is_ratio` is for times: the noise is that of their
    logarithms, and a seed is a timing session. `is_expected` says that at most 5% of suites may be wrong here.
    """

    name: str
    arms: tuple[RunNoise, ...]
    num_seeds: int
    looks: tuple[int, ...] = ()
    rates: Rates = "one"
    is_ratio: bool = False
    is_expected: bool = True


def settings_of(deviation: float, studies: Iterable[Study]) -> list[Setting]:
    """Return all settings; `deviation` is that of a paired difference, in points. The arms of every study form one, and all arms another."""
    recorded = [
        Setting(
            name=f"recorded: {study.name}, {study.label}",
            arms=arm_noises(study),
            num_seeds=num_seeds_of(study),
            is_expected=False,
        )
        for study in studies
    ]
    every_arm = tuple(arm for setting in recorded for arm in setting.arms)
    return [
        *_normal_settings(deviation / math.sqrt(2)),
        *recorded,
        Setting(name="recorded: all arms, looks", arms=every_arm, num_seeds=LOOKS[-1], looks=LOOKS, is_expected=False),
    ]


def _normal_settings(deviation: float) -> list[Setting]:
    """Return the settings with normal noise of this standard deviation per arm."""
    normal = (normal_noise(deviation),) * NUM_ARMS
    failing = {name: (normal_noise(deviation, rate),) * NUM_ARMS for name, rate in FAILURE_RATES.items()}
    half = NUM_ARMS // 2
    return [
        *(Setting(name="normal", arms=normal, num_seeds=number) for number in (3, 5, 10)),
        Setting(name="normal, looks", arms=normal, num_seeds=LOOKS[-1], looks=LOOKS),
        *(Setting(name=f"failures, {rate} of runs", arms=arms, num_seeds=10) for rate, arms in failing.items()),
        Setting(name="failures, 1/8 of runs, looks", arms=failing["1/8"], num_seeds=LOOKS[-1], looks=LOOKS),
        Setting(name="failures, 5/8 of runs in half of the arms", arms=(*normal[:half], *failing["5/8"][:half]), num_seeds=10),
        Setting(name="rates, equal effects", arms=normal, num_seeds=5, rates="equal"),
        Setting(name="rates, opposite effects", arms=normal, num_seeds=5, rates="opposite"),
        *(
            Setting(
                name=f"ratios of times, sd {100 * spread:g}%",
                arms=(normal_noise(spread / math.sqrt(2)),) * NUM_ARMS,
                num_seeds=5,
                is_ratio=True,
            )
            for spread in RATIO_DEVIATIONS
        ),
    ]
