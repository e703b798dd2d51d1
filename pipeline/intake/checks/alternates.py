"""Alternates and stems that must start and end with the mix."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Pair, ReceivedAlbum
from pipeline.intake.checks.relations import LEAST_FIT, Relation, relation
from pipeline.intake.variants import Kind, variant_of

START_S = 0.001  # what is edited together combs from here on
LENGTH_S = 0.010
KINDS = {Kind.ALTERNATE: "alternate", Kind.STEM: "stem"}


@check(
    "intake/alternates",
    rationale="""Alternates and stems are cut, faded and put together as the mix is: that
    asks for the same start, length, rate and polarity.""",
)
def alternates(album: ReceivedAlbum) -> Iterator[Finding]:
    """Alternates and stems beside a mix line up with it."""
    for pair in album.pairs:
        if pair.second not in album.beside:
            continue
        variant = variant_of(pair.second, files=album.files, titles=album.titles)
        named = variant is not None and variant.track == pair.first and variant.kind in KINDS
        if named or relation(pair) is Relation.OTHER_MIX:
            kind = KINDS[variant.kind] if variant and named else "version"
            yield from _lined_up(album, pair, kind)


def _lined_up(album: ReceivedAlbum, pair: Pair, kind: str) -> Iterator[Finding]:
    problems = list(_problems(album, pair))
    if problems:
        yield Finding(
            Severity.INFO if kind == "version" else Severity.WARN,
            "apart",
            f"beside the mix, the {kind} {album.called(pair.second)} {' and '.join(problems)}",
            track=pair.first,
            action="ask for both from one session, bounced from the same start to the same end",
            evidence=_evidence(album, pair),
        )


def _problems(album: ReceivedAlbum, pair: Pair) -> Iterator[str]:
    start_s, longer_s = _apart_s(album, pair)
    if pair.comparison.fit >= LEAST_FIT:
        if abs(start_s) > START_S:
            yield f"starts {abs(start_s) * 1000:.0f} ms {'late' if start_s > 0 else 'early'}"
        if pair.comparison.is_inverted:
            yield "is turned over"
    if abs(longer_s) > LENGTH_S:
        yield f"is {abs(longer_s):.2f} s too {'long' if longer_s > 0 else 'short'}"
    rate_hz = album.facts(pair.second).sample_rate_hz
    if rate_hz != album.facts(pair.first).sample_rate_hz:
        yield f"has another sample rate ({rate_hz / 1000:g} kHz)"


def _apart_s(album: ReceivedAlbum, pair: Pair) -> tuple[float, float]:
    """Return how much later the second starts, and how much longer it is."""
    mix, other = album.facts(pair.first), album.facts(pair.second)
    start_s = pair.comparison.offset_samples / mix.sample_rate_hz
    return start_s, other.duration_s - mix.duration_s


def _evidence(album: ReceivedAlbum, pair: Pair) -> Evidence:
    start_s, longer_s = _apart_s(album, pair)
    return Evidence(
        numbers=(
            ("start_later_by_ms", round(start_s * 1000.0, 2)),
            ("start_limit_ms", START_S * 1000.0),
            ("longer_by_s", round(longer_s, 3)),
            ("length_limit_s", LENGTH_S),
            ("fit", pair.comparison.fit),
        )
    )
