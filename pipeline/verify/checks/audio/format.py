"""Rate, word length, channels and coding are the promised ones."""

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.verify.inspect import AudioFacts
from pipeline.verify.package import Package

_CODECS = {"wav": "pcm", "bin": "pcm", "flac": "flac", "mp3": "mp3"}


@check(
    "audio/format",
    rationale="Services refuse, or silently convert, what is not the format they asked for.",
)
def audio_format(package: Package) -> Iterator[Finding]:
    """Rate, word length, channels and coding are the promised ones."""
    for piece, track, file in package.promised():
        facts = package.facts.get(piece)
        if not isinstance(facts, AudioFacts):
            continue
        pairs = (
            ("sample rate", facts.sample_rate_hz, file.sample_rate_hz),
            ("word length", facts.bits or 0, file.bits),
            ("bit rate", facts.kbps or 0, file.kbps),
            ("coding", facts.codec, _CODECS[file.format]),
            ("channels", facts.n_channels, 2),
        )
        for what, found, promised in pairs:
            if found != promised:
                yield Finding(
                    Severity.FAIL,
                    "differs",
                    f"{piece.name}: {what} is {found}, promised is {promised}",
                    track=track.track,
                )
