"""Lossless audio is the rendered audio, sample for sample."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package


@check(
    "audio/identical",
    rationale="What is decoded from a lossless file must be what was rendered; so files cut "
    "from one programme and joined again equal it.",
)
def identical(package: Package) -> Iterator[Finding]:
    """Every lossless track decodes to the very samples that were rendered."""
    for piece, track, _ in package.promised():
        facts = package.facts.get(piece)
        if not isinstance(facts, AudioFacts) or not track.pcm_sha256:
            continue
        if facts.pcm_sha256 != track.pcm_sha256:
            yield Finding(
                Severity.FAIL,
                "samples",
                f"{piece.name}: decodes to other samples than were rendered for {track.title}",
                track=track.track,
            )
