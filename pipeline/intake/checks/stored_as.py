"""How a mix is stored: rate, word length, and whether its length can be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.intake.checks.received import Received
from pipeline.intake.probe import MixFacts, codec_name

SECTORS_PER_S = 75
LOWEST_FULL_RATE_HZ = 44_100


@check(
    "intake/stored_as",
    rationale="""An unusual rate, word length or header was mostly not meant, and no later
    step can give back what it lost.""",
)
def stored_as(received: Received) -> Iterator[Finding]:
    """Each mix has 44.1 kHz or more, the words of the release and a known length."""
    facts = received.facts
    yield from _rate(facts)
    yield from _word_length(facts, release_bits=received.release_bits)
    if not facts.is_length_declared:
        yield Finding(
            Severity.WARN,
            "length-not-declared",
            f"the header leaves the length open; {facts.duration_s:.1f} s are there",
            action="compare the end with the original: a cut could not be noticed",
        )


def _rate(facts: MixFacts) -> Iterator[Finding]:
    rate = f"{facts.sample_rate_hz / 1000:g} kHz"
    if facts.sample_rate_hz < LOWEST_FULL_RATE_HZ:
        yield Finding(
            Severity.WARN,
            "low-rate",
            f"a sample rate of {rate} holds nothing above {facts.sample_rate_hz / 2000:g} kHz",
            action="ask for the mix at the rate of its session",
        )
    if facts.sample_rate_hz % SECTORS_PER_S:
        yield Finding(
            Severity.WARN,
            "odd-rate",
            f"a sample rate of {rate} cannot be delivered; the mix will be resampled",
            action="set album.sample_rate to 44.1, 48, 88.2 or 96 kHz",
        )


def _word_length(facts: MixFacts, *, release_bits: int) -> Iterator[Finding]:
    if facts.is_lossy or facts.is_float:
        return
    if facts.bits <= 8:
        yield Finding(
            Severity.WARN,
            "8-bit",
            f"{codec_name(facts)}: its noise lies only some 50 dB below full scale",
            action="ask for the mix at the word length of its session",
        )
    elif facts.bits < release_bits:
        yield Finding(
            Severity.INFO,
            "short-words",
            f"{codec_name(facts)}: the CD programme can use all of it, "
            f"a {release_bits}-bit release gains nothing from its longer words",
        )
