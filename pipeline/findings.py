"""What every stage may say about an album: checks and their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; the order of the members is the order of badness, worst first.

    A check that crashed is worse than one that failed, and one that was skipped is worse than
    one that passed: blind spots must be seen.
    """

    CRASH = "crash"
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    SKIP = "skip"
    PASS = "pass"  # noqa: S105 - a verdict, no password

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)

    @property
    def blocks_release(self) -> bool:
        """Whether it stops a package from being made."""
        return self in (Severity.CRASH, Severity.FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check.

    Parameters
    ----------
    severity : Severity
        How bad it is.
    code : str
        Names the site that found it; unique within its check, never reused.
    message : str
        One sentence in music language: what was found and what is allowed.
    check : str
        Id of the check, which is its path: ``cd/track_length``.
    track : str
        Id of the track concerned, or empty.
    time_s : float or None
        Where in the track, in seconds.
    action : str
        What to do; may be empty.
    waived : str
        The written reason from `intent` that waives it; empty if none does.
    """

    severity: Severity
    code: str
    message: str
    check: str = ""
    track: str = ""
    time_s: float | None = None
    action: str = ""
    waived: str = ""

    @property
    def blocks_release(self) -> bool:
        """Whether it stops a package: a failure that nobody has waived."""
        return self.severity.blocks_release and not self.waived


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with a permanent id (its path) and the reason it exists."""

    id: str
    rationale: str
    run: Callable[..., Iterable[Finding]] = field(compare=False)

    @property
    def title(self) -> str:
        """What the rule demands, in one line."""
        return (self.run.__doc__ or self.id).strip().splitlines()[0]


def check(
    check_id: str, *, rationale: str
) -> Callable[[Callable[..., Iterable[Finding]]], Check]:
    """Make a check of a function that yields findings; none means that it passed."""

    def wrap(function: Callable[..., Iterable[Finding]]) -> Check:
        return Check(check_id, " ".join(rationale.split()), function)

    return wrap


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the worst severity that is not waived; `PASS` if there is none."""
    return min(
        (each.severity for each in findings if not each.waived),
        key=lambda severity: severity.rank,
        default=Severity.PASS,
    )
