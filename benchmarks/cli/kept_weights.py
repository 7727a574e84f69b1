"""Say at the end of a run which weights were kept, for which probes, how large they are, and how to delete them."""

from collections.abc import Iterable

from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from resnet_variants.names import some_of

SHOWN = 4  # names of arms


def kept_weights(asked: Iterable[StudyPlan | TimingRun], out: Out) -> str:
    """Return the line; "" if no probe of these studies reads weights, or OUT has none. A part's or another run's weights count, too."""
    studies = [one for one in asked if isinstance(one, StudyPlan) and one.probed]
    sizes = [path.stat().st_size for path in out.all_weights()]
    if not studies or not sizes:
        return ""
    arms = list(
        dict.fromkeys(study.suite.label_of(trial) for study in studies for trial in study.trials if trial in study.probed)
    )
    probes = list(dict.fromkeys(use.probe for study in studies for use in study.suite.probes))
    reason = f"for {'the probe' if len(probes) == 1 else 'probes'} {', '.join(probes)}"
    size = f"{sum(sizes) / 1e6:.1f} MB of weights ({counted(len(sizes), 'file')})"
    return (
        f"{out.folder} holds {size}, kept of {some_of(arms, SHOWN)} {reason}; reports do not need them; "
        f"delete them with: python -m benchmarks.prune {out.folder}"
    )
