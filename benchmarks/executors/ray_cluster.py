"""A Ray cluster: where it is, what a trial takes of a node, and the connection to it."""

import logging
import math
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from benchmarks.executors.events import WorkerStartError
from benchmarks.store.cores import num_cores

CONNECT_SECONDS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """Where the cluster is (None: one of this machine, for this run), and what a trial takes of a node.

    Raises:
        ValueError: Ray is not installed, or a share that is not possible.
    """

    address: str | None
    cpus_per_trial: float
    gpus_per_trial: float

    def __post_init__(self) -> None:
        if find_spec("ray") is None:
            raise ValueError("--executor ray needs Ray: pip install -e '.[ray]'")
        if self.address not in (None, "auto") and not re.fullmatch(r"[^/]+:\d{1,5}", self.address or ""):
            raise ValueError(f"--ray-address must be HOST:PORT, or auto, got {self.address!r}")
        asked = (self.cpus_per_trial, self.gpus_per_trial)
        if not all(math.isfinite(number) and number >= 0 for number in asked) or sum(asked) == 0:
            raise ValueError(
                "--cpus-per-trial and --gpus-per-trial must be at least 0, and one of them above 0, "
                f"got {self.cpus_per_trial:g} and {self.gpus_per_trial:g}"
            )

    @property
    def needs(self) -> dict[str, float]:
        """What a trial takes, by Ray's names."""
        needs = {"CPU": self.cpus_per_trial, "GPU": self.gpus_per_trial}
        return {name: number for name, number in needs.items() if number}


def cause_of(error: Exception) -> Exception:
    """What happened, which Ray puts a trace before."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else error


def first_line(error: Exception) -> str:
    """Return what Ray, or what failed inside it, says first."""
    return next((line.strip() for line in str(cause_of(error)).splitlines() if line.strip()), "it said nothing")


@contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Ray, connected; it ends a cluster that was started here, and leaves one that was there."""
    import ray

    _refuse_silence(cluster.address)
    on_terminate = signal.getsignal(signal.SIGTERM)
    try:
        if cluster.address is None:
            # "local", whatever RAY_ADDRESS says: a stray one must not send a run elsewhere
            start = partial(ray.init, address="local", include_dashboard=False, num_cpus=num_cores())
            start(log_to_driver=False, logging_level=logging.WARNING)
        else:
            ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        words = f"no Ray cluster at {cluster.address}: {first_line(error)}; where it asks for a token, set RAY_AUTH_MODE=token"
        raise WorkerStartError(words) from error
    try:
        signal.signal(signal.SIGTERM, on_terminate)  # Ray puts its own there
        yield ray
    finally:
        ray.shutdown()


def _refuse_silence(address: str | None) -> None:
    """Ray waits for minutes for an address that nothing answers at."""
    if address is None or address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise WorkerStartError(f"no Ray cluster at {address}: {error}") from error


def refuse_what_fits_nowhere(ray: Any, needs: dict[str, float]) -> None:
    """Ray would wait for such a node for ever."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(num_fitting(node, needs) for node in nodes):
        wanted = ", ".join(f"{number:g} {name}" for name, number in needs.items())
        have = "; ".join(", ".join(f"{node.get(name, 0):g} {name}" for name in ("CPU", "GPU")) for node in nodes)
        raise WorkerStartError(
            f"a trial takes {wanted}, and no node of the cluster has that (they have {have}): "
            "lower --cpus-per-trial or --gpus-per-trial"
        )


def num_fitting(node: dict[str, float], needs: dict[str, float]) -> int:
    """How many trials find place on a node at once."""
    return int(min(node.get(name, 0) / number for name, number in needs.items()))
