"""Run a user's code inside a command: its prints go to standard error, its errors show its own lines, and a hanging import ends.

This is a module of its own because networks, words, suites, data sets and figures all come from files of users.
"""

import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TextIO

from resnet_variants.source import PROJECT, UnusableSourceError

SLOW_SECONDS, MOST_SECONDS = 5.0, 120.0  # of an import: when a line says so, and when it ends


class ImportTimeoutError(BaseException):
    """An import takes too long. It is no Exception, so that code which catches those cannot catch it."""


@contextmanager
def users_code(place: object, *, is_import: bool = False) -> Iterator[None]:
    """Run a user's code inside, with what it prints on standard error; an import that hangs is reported, then ended.

    Raises:
        ValueError: the code fails or calls sys.exit; the message begins with `place` and shows the lines of the user's code. It is an
            UnusableSourceError if the code was being imported.
    """
    try:
        with redirect_stdout(sys.stderr), _without_bytecode(), _watched(place, is_import):
            yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, ValueError) and not traceback_of(error):
            raise  # this project refuses a value, and no code of the user's was running
        kind = UnusableSourceError if is_import else ValueError
        raise kind(described(error, place)) from error


def described(error: BaseException, place: object) -> str:
    """Return an error of a user's code, such as "my_suite.py, line 3: KeyError: 'x'", and its traceback.

    The traceback is left out for a value that this project refuses.
    """
    frames, theirs = traceback.extract_tb(error.__traceback__), users_frames(error)
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        lines = traceback.format_exception_only(error)
        return f"{place}, line {error.lineno}: {kind}: {error.msg}\n{''.join(lines[:-1])}".rstrip()
    if isinstance(error, ImportTimeoutError):
        words = f"it has not been imported after {MOST_SECONDS:g} s"
    elif isinstance(error, SystemExit):
        words = f"it calls sys.exit({'' if error.code is None else repr(error.code)})"
    else:
        words = f"{kind}: {error}" if str(error) else kind
    if not theirs:
        return f"{place}: {words}"
    first = theirs[0]
    is_there = Path(first.filename).resolve() == Path(str(place)).resolve()
    where = f"{place}, line {first.lineno}" if is_there else f"{place} ({first.filename}, line {first.lineno})"
    if isinstance(error, ValueError) and not _is_theirs(frames[-1].filename):
        return f"{where}: {error}"
    return "\n".join([f"{where}: {words}", *traceback_of(error)])


def is_raised_on_purpose(error: BaseException) -> bool:
    """Return whether a user's code raises an error itself, in a `raise` statement, so that its words are for the reader."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return _is_theirs(last.filename) and (last.line or "").startswith("raise")


def traceback_of(error: BaseException) -> list[str]:
    """Return the lines of an error's traceback that are of the user's code."""
    return "".join(traceback.format_list(users_frames(error))).splitlines()


def users_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of an error's traceback that are of the user's code."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]


def _is_theirs(filename: str) -> bool:
    """Return whether a frame's file is neither this project's nor part of Python's import or of a dependency that a user's code called."""
    path = Path(filename)
    if filename.startswith("<frozen") or "torch" in path.parts or path.parent.name == "importlib" or path.name == "contextlib.py":
        return False
    return not any(path.resolve().is_relative_to(folder) for folder in PROJECT)


@contextmanager
def _without_bytecode() -> Iterator[None]:
    """Let imports inside write no bytecode: Python takes it for that of a file which is edited within the same second and keeps its size."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextmanager
def _watched(place: object, is_import: bool) -> Iterator[None]:
    """Print a line if the code inside takes long, and end it later, if it runs in the main thread."""
    if not is_import:
        yield
        return
    told = threading.Timer(SLOW_SECONDS, _say_slow, (place, sys.stderr))
    told.daemon = True
    has_alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, _end) if has_alarm else None
    told.start()
    if has_alarm:
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        yield
    finally:
        told.cancel()
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _say_slow(place: object, stream: TextIO) -> None:
    words = f"still importing {place} after {SLOW_SECONDS:g} s; it is ended after {MOST_SECONDS:g} s, or by Ctrl-C"
    print(words, file=stream, flush=True)


def _end(signum: int, frame: object) -> None:
    raise ImportTimeoutError
