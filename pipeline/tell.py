"""How long work is told: a bar with an estimate on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.build.session import Teller
    from pipeline.engine import Step

LINE_EVERY_S = 5.0


class Silent:
    """Tells nothing but notes, which are problems."""

    def stage(self, name: str) -> None:
        """Hear that the next stage begins."""

    def note(self, text: str) -> None:
        """Hear of something that the user should know at once."""
        print(text, file=sys.stderr)

    def planned(self, total_cost_s: float) -> None:
        """Hear how much work is expected."""

    def started(self, step: Step) -> None:
        """Hear that a step begins."""

    def advanced(self, step: Step, fraction: float) -> None:
        """Hear how far a step is."""

    def finished(self, step: Step, seconds: float) -> None:
        """Hear that a step has ended."""

    def done(self) -> None:
        """Hear that all is over."""


class Lines(Silent):
    """Plain lines on standard error: stages, and now and then how far the work is."""

    def __init__(self) -> None:
        self._stage = ""
        self._work = _Work()
        self._said_at = time.monotonic()

    def stage(self, name: str) -> None:
        """Say the stage."""
        self._stage = name
        print(f"{name} …", file=sys.stderr)

    def planned(self, total_cost_s: float) -> None:
        """Begin, or correct, the account of the work."""
        self._work.expect(total_cost_s)

    def advanced(self, step: Step, fraction: float) -> None:
        """Say how far the work is, at most every few seconds."""
        self._work.advance(step, fraction)
        now = time.monotonic()
        if now - self._said_at >= LINE_EVERY_S:
            self._said_at = now
            print(f"  {self._stage}: {self._work.percent} %", file=sys.stderr)

    def finished(self, step: Step, seconds: float) -> None:
        """Count a step as done."""
        self._work.advance(step, 1.0)

    def done(self) -> None:
        """Begin a new account."""
        self._work = _Work()


class Bar(Silent):
    """A bar with an estimate of the time that is left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._work = _Work()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[step]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, step="", visible=False)

    def stage(self, name: str) -> None:
        """Begin a new bar."""
        self._work = _Work()
        self._bar.start()
        self._bar.reset(self._task, description=name, total=None, visible=True, step="")

    def note(self, text: str) -> None:
        """Say it above the bar."""
        self._bar.console.print(text, markup=False)

    def planned(self, total_cost_s: float) -> None:
        """Begin, or correct, the account of the work."""
        self._work.expect(total_cost_s)
        self._show()

    def started(self, step: Step) -> None:
        """Name the step."""
        self._bar.update(self._task, step=step.name)

    def advanced(self, step: Step, fraction: float) -> None:
        """Move the bar."""
        self._work.advance(step, fraction)
        self._show()

    def finished(self, step: Step, seconds: float) -> None:
        """Move the bar."""
        self._work.advance(step, 1.0)
        self._show()

    def done(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def _show(self) -> None:
        total = self._work.total_s
        self._bar.update(self._task, total=total or None, completed=self._work.done_s)


class _Work:
    """How much of the expected work is done, in estimated seconds of CPU time."""

    def __init__(self) -> None:
        self.total_s = 0.0
        self._done: dict[str, float] = {}

    @property
    def done_s(self) -> float:
        """What is done, never more than all."""
        return min(sum(self._done.values()), self.total_s)

    @property
    def percent(self) -> int:
        """What is done, in percent."""
        return round(100 * self.done_s / self.total_s) if self.total_s else 0

    def expect(self, total_cost_s: float) -> None:
        """Take note of what is expected in all; it shrinks when a step need not run."""
        self.total_s = total_cost_s

    def advance(self, step: Step, fraction: float) -> None:
        """Take note of how far a step is."""
        self._done[step.name] = fraction * step.cost_s


def teller(*, quiet: bool) -> Teller:
    """Return who tells the progress: nobody, a bar, or lines."""
    if quiet:
        return Silent()
    return Bar() if sys.stderr.isatty() else Lines()
