"""Nothing is clipped."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "audio/clipped",
    rationale="Runs of samples at full scale are what a converter does to a signal that was too "
    "loud for it.",
)
def clipped(package: Package) -> Iterator[Finding]:
    """No run of three or more samples lies at full scale."""
    for piece, facts in package.found():
        n_runs, first = facts.measurement.n_clipped_runs, facts.measurement.first_clipped_sample
        if n_runs and first is not None:
            track = next((t.track for p, t, _ in package.promised() if p == piece), "")
            yield Finding(
                Severity.WARN,
                "clipped",
                f"{piece.name}: {n_runs} clipped runs, the first at "
                f"{first / facts.sample_rate_hz:.2f} s",
                track=track,
                time_s=round(first / facts.sample_rate_hz, 3),
                action="look at the mix, or lower the level",
            )
