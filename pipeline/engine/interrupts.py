"""Ctrl-C as a word to the coordinator instead of an exception between any two of its lines."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def first_interrupt(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` at the first Ctrl-C inside; the second raises KeyboardInterrupt as ever.

    Parameters
    ----------
    tell : callable
        Called between two instructions of the main thread, whatever it is doing: it may do
        no more than put a word into a `queue.SimpleQueue`.

    Notes
    -----
    Only in the main thread, which alone hears signals, and only if nobody else listens.
    """
    usual = signal.default_int_handler
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def heard(*_: object) -> None:
        signal.signal(signal.SIGINT, usual)
        tell()

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
