"""`kling-foley generate | world | data | train | ...`: the library from a terminal.

Progress and remarks go to standard error, one bar per stage; what was made goes to standard output, one line
each. Bad input and errors of the system end with one line that names them, exit code 2; work of which a
part failed ends with 1.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..errors import InputError
from . import batch, bundle, data, demo, evaluate, generate, inspect, plan, train, world
from .say import flush_streams, prepare_streams, remark


class _Ended(BaseException):
    """The system asked the process to end; what is being written is removed on the way out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry; returns the exit code."""
    prepare_streams()
    try:
        with _ended_by_signals():
            options = _parser().parse_args(arguments)
            return options.run(options) or 0
    except InputError as error:
        remark(str(error))
        return 2
    except OSError as error:
        remark(f"the system refuses: {error}")
        return 2
    except MemoryError:
        remark("the memory is used up; ask for fewer seconds, or use a machine with more.")
        return 2
    except KeyboardInterrupt:
        remark("cancelled")
        return 130
    except _Ended as ended:
        return 128 + ended.args[0]
    finally:
        flush_streams()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Signals that end the process do so like errors: temporary files go."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise _Ended(number)

    possible = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    caught = [s for s in possible if signal.getsignal(s) == signal.SIG_DFL]  # nohup ignores one
    try:
        for number in caught:
            signal.signal(number, end)
        yield
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kling-foley", description="Video and text to synchronised stereo sound."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (generate, batch, demo, train, plan, bundle, evaluate, inspect, world, data):
        command.add_command(commands)
    return parser
