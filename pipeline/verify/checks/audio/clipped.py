"""Nothing is clipped."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package


@check(
    "audio/clipped",
    rationale="Runs of samples at full scale are what a converter does to a signal that was "
    "too loud for it.",
)
def clipped(package: Package) -> Iterator[Finding]:
    """No run of three or more samples lies at full scale."""
    promises = package.promises()
    for piece, facts in package.found():
        n_runs, first = facts.measurement.n_clipped_runs, facts.measurement.first_clipped_sample
        if first is None or facts.codec == "mp3":
            continue  # what a lossy file decodes to is not clipped; audio/true_peak tells of it
        at_s = first / facts.sample_rate_hz
        yield Finding(
            Severity.WARN,
            "clipped",
            f"{piece.name}: clipped in {n_runs} place{'s' * (n_runs > 1)}, the first at "
            f"{at_s:.2f} s",
            track=promises[piece].track if piece in promises else "",
            time_s=round(at_s, 3),
            action="look at the mix, or lower the level",
        )
