"""Do the same work for many files on all cores, and say so if it takes long."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TypeVar

SLOW_SECONDS = 3.0  # of decoding, after which a run says what it is doing
Item = TypeVar("Item")
Result = TypeVar("Result")


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item], name: str) -> Iterator[Result]:
    """Yield the results in the order of the items; threads suffice, as Pillow decodes and scales without Python's lock.

    After some seconds a line on stderr says how many images of the folder called `name` are decoded, and how long it may take. An early
    stop, by Ctrl-C for example, waits only for the images at work.
    """
    began, is_said = monotonic(), False
    pool = ThreadPoolExecutor()
    try:
        for number, result in enumerate(pool.map(work, items), start=1):
            seconds = monotonic() - began
            if seconds > SLOW_SECONDS and not is_said:
                left = seconds * (len(items) - number) / number
                words = f"decoding {len(items):,} images of {name}: about {left:,.0f} s left; later runs read them from a cache"
                print(words, file=sys.stderr, flush=True)
                is_said = True
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
