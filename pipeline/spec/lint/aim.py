"""Loudness that no record needs or bears, and aims that peaks decide."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.editions import Edition
from pipeline.spec.lint.written import Written
from pipeline.spec.located import KeyPath

# The loudest service plays at -7 LUFS (YouTube Music); loud passages lie some 2 LU higher than
# the whole song.
LOUDEST_LUFS = {"integrated": -6.0, "keep": -6.0, "loud_passages": -4.0}
SOFTEST_LUFS = -23.0  # EBU R 128
ROOM_FOR_PEAKS_LUFS = -16.0  # AES TD1008, track-normalised music: most music fits unlimited


@check(
    "spec/aim",
    rationale="""Services turn loud records down, to -14 LUFS (Spotify, TIDAL, YouTube), -16
    (Apple Music) or -7 at the most (YouTube Music): above that an aim buys distortion and no
    loudness. Under -23 LUFS (EBU R 128) players run out of gain.""",
)
def aim(written: Written) -> Iterator[Finding]:
    """Loudness aims lie where records lie, and a limiter makes room for them."""
    for edition in written.editions():
        at: KeyPath = ("editions", edition.id, "level", "at") if edition.id else ("level", "at")
        if edition.level.at_lufs is not None:
            yield from _album(written, edition, at)
            yield from _songs(written, edition)


def _album(written: Written, edition: Edition, at: KeyPath) -> Iterator[Finding]:
    aim_lufs = edition.level.at_lufs or 0.0
    if aim_lufs > LOUDEST_LUFS[edition.level.match]:
        yield written.finding(
            Severity.WARN,
            "too-loud",
            f"{_lufs(aim_lufs)} is louder than any service plays; what is left of it is "
            "distortion",
            at=at,
            action="at: -10 LUFS is loud already",
        )
    elif aim_lufs < SOFTEST_LUFS:
        message = f"{_lufs(aim_lufs)} is softer than broadcast (−23 LUFS)"
        yield written.finding(
            Severity.INFO, "soft", message, at=at, action="is a digit missing, or is it meant?"
        )
    if edition.limiter is None and aim_lufs > ROOM_FOR_PEAKS_LUFS:
        yield written.finding(
            Severity.INFO,
            "no-limiter",
            f"without a limiter peaks decide, not {_lufs(aim_lufs)}: all songs are turned down "
            "together until the highest fits",
            at=at,
            action="limiter: {ceiling: -1 dBTP}, or a softer aim",
        )


def _songs(written: Written, edition: Edition) -> Iterator[Finding]:
    aim_lufs, loudest = edition.level.at_lufs or 0.0, LOUDEST_LUFS[edition.level.match]
    for track in edition.tracks:
        own_db = track.level_db if isinstance(track.level_db, float) else 0.0
        if own_db > 0.0 and aim_lufs <= loudest < aim_lufs + own_db:
            yield written.finding(
                Severity.WARN,
                "song-too-loud",
                f"{own_db:+g} dB bring it to {_lufs(aim_lufs + own_db)}, louder than any "
                "service plays",
                at=(*written.track_path(edition.id, track.id), "level"),
                track=track.id,
                action="turn the others down instead",
            )


def _lufs(level: float) -> str:
    return f"{level:g} LUFS".replace("-", "−")
