"""What every stage may say about an album: checks and their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


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
class Plot:
    """A small line drawing that shows what a finding means.

    Parameters
    ----------
    x, y : tuple of float
        The line; as long as each other, some 200 points at most.
    x_label, y_label : str
        What they are, with the unit: ``frequency, Hz``.
    is_log_x : bool
        Whether the horizontal scale is logarithmic.
    limit : float or None
        A level drawn across: what is allowed.
    marks : tuple of float
        Places on the horizontal scale to be pointed at.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_label: str
    y_label: str
    is_log_x: bool = False
    limit: float | None = None
    marks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a finding rests on.

    Parameters
    ----------
    times_s : tuple of float
        Where to listen, in seconds from the start of the file, the first places only.
    numbers : tuple of (str, float)
        What was measured and what it was compared with, by names that carry their unit.
    plot : Plot or None
        A picture of it.
    """

    times_s: tuple[float, ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()
    plot: Plot | None = None

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds; `from_json` reads them back."""
        return {
            "times_s": list(self.times_s),
            "numbers": dict(self.numbers),
            "plot": self.plot and asdict(self.plot),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the evidence that `to_json` wrote."""
        plot = data["plot"] and {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data["plot"].items()
        }
        return cls(
            tuple(data["times_s"]),
            tuple(data["numbers"].items()),
            Plot(**plot) if plot else None,
        )


NO_EVIDENCE = Evidence()


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
    loosened : str
        What made it less severe than the check said; empty if nothing did.
    evidence : Evidence
        What it rests on: times, numbers, a picture.
    """

    severity: Severity
    code: str
    message: str
    check: str = ""
    track: str = ""
    time_s: float | None = None
    action: str = ""
    waived: str = ""
    loosened: str = ""
    evidence: Evidence = NO_EVIDENCE

    @property
    def blocks_release(self) -> bool:
        """Whether it stops a package: a failure that nobody has waived."""
        return self.severity.blocks_release and not self.waived

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds; `evidence` is null where there is none."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        is_bare = self.evidence == NO_EVIDENCE
        return values | {"evidence": None if is_bare else self.evidence.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the finding that `to_json` wrote."""
        known = data.get("evidence")  # older manifests have none
        values = {
            "severity": Severity(data["severity"]),
            "evidence": Evidence.from_json(known) if known else NO_EVIDENCE,
        }
        return cls(**{**data, **values})


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
