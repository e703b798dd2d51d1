"""Sample rates and word lengths that differ within an album."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import ReceivedAlbum
from pipeline.intake.probe import MixFacts


@check(
    "intake/album_format",
    rationale="""One mix at another rate is mostly an export setting; it will be resampled,
    and a shorter word length cannot be made longer again.""",
)
def album_format(album: ReceivedAlbum) -> Iterator[Finding]:
    """All mixes have one sample rate and one word length."""
    facts = {name: each.facts for name, each in album.tracks.items()}
    usual_hz = _usual(facts.values(), lambda each: each.sample_rate_hz)
    usual_bits = _usual(facts.values(), lambda each: each.bits)
    for name, each in facts.items():
        if each.sample_rate_hz != usual_hz:
            yield _other_rate(name, each.sample_rate_hz, usual_hz)
        if each.bits != usual_bits and not each.is_lossy:
            yield Finding(
                Severity.INFO,
                "other-depth",
                f"{each.bits} bits, most of the album has {usual_bits}",
                track=name,
                action="ask for the word length of the session" if each.bits < 24 else "",
                evidence=Evidence(numbers=(("bits", each.bits), ("album_bits", usual_bits))),
            )


def _usual(facts: Iterable[MixFacts], value: Callable[[MixFacts], int]) -> int:
    """Return the value that most of the playing time has."""
    playing: Counter[int] = Counter()
    for each in facts:
        playing[value(each)] += round(each.duration_s * 1000)
    return max(playing, key=lambda each: (playing[each], each), default=0)


def _other_rate(name: str, rate_hz: int, usual_hz: int) -> Finding:
    return Finding(
        Severity.WARN,
        "other-rate",
        f"{rate_hz / 1000:g} kHz, most of the album has {usual_hz / 1000:g} kHz",
        track=name,
        action=f"ask for the mix at {usual_hz / 1000:g} kHz, if that is its session's rate",
        evidence=Evidence(
            numbers=(("sample_rate_hz", rate_hz), ("album_sample_rate_hz", usual_hz))
        ),
    )
