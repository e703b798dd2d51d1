"""Every track has exactly the length it was cut to."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package


@check(
    "audio/length",
    rationale="One sample more or less clicks at every join of a continuous album.",
)
def length(package: Package) -> Iterator[Finding]:
    """Every track decodes to exactly the samples it was cut to."""
    for piece, track, _ in package.promised():
        facts = package.facts.get(piece)
        if isinstance(facts, AudioFacts) and facts.n_samples != track.n_samples:
            yield Finding(
                Severity.FAIL,
                "length",
                f"{piece.name}: {facts.n_samples} samples, {track.n_samples} are promised",
                track=track.track,
            )
