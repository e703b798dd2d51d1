"""Intake checks: what can be said of a mix before anything is done to it.

A check's id is its path: `intake/clipped` lives in ``clipped.py``. `findings` runs them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.findings import Check, Finding
from pipeline.intake.checks.album_format import album_format
from pipeline.intake.checks.album_tone import album_tone
from pipeline.intake.checks.alternates import alternates
from pipeline.intake.checks.asymmetry import asymmetry
from pipeline.intake.checks.balance import balance
from pipeline.intake.checks.beside import beside
from pipeline.intake.checks.claims import claims
from pipeline.intake.checks.clicks import clicks
from pipeline.intake.checks.clipped import clipped
from pipeline.intake.checks.correlation import correlation
from pipeline.intake.checks.dc_offset import dc_offset
from pipeline.intake.checks.delay import delay
from pipeline.intake.checks.dropouts import dropouts
from pipeline.intake.checks.duplicate import duplicate
from pipeline.intake.checks.flattened import flattened
from pipeline.intake.checks.harshness import harshness
from pipeline.intake.checks.head import head
from pipeline.intake.checks.headroom import headroom
from pipeline.intake.checks.hum import hum
from pipeline.intake.checks.limited import limited
from pipeline.intake.checks.listening_mix import listening_mix
from pipeline.intake.checks.lossy_origin import lossy_origin
from pipeline.intake.checks.lossy_source import lossy_source
from pipeline.intake.checks.low_end import low_end
from pipeline.intake.checks.mono import mono
from pipeline.intake.checks.mono_fold import mono_fold
from pipeline.intake.checks.near_mono import near_mono
from pipeline.intake.checks.noise_floor import noise_floor
from pipeline.intake.checks.polarity import polarity
from pipeline.intake.checks.received import Pair, Received, ReceivedAlbum, Surveyed
from pipeline.intake.checks.repeated_blocks import repeated_blocks
from pipeline.intake.checks.resonance import resonance
from pipeline.intake.checks.reverb import reverb
from pipeline.intake.checks.sibilance import sibilance
from pipeline.intake.checks.silent import silent
from pipeline.intake.checks.stems import stems
from pipeline.intake.checks.stored_as import stored_as
from pipeline.intake.checks.subsonic import subsonic
from pipeline.intake.checks.swapped import swapped
from pipeline.intake.checks.tail import tail
from pipeline.intake.checks.tone_balance import tone_balance
from pipeline.intake.checks.upsampled import upsampled
from pipeline.intake.checks.word_length import word_length

CHECKS: tuple[Check, ...] = (lossy_source, stored_as, silent, mono, clipped)
"""What the facts of a mix alone show."""

SURVEY_CHECKS: tuple[Check, ...] = (
    asymmetry,
    balance,
    clicks,
    correlation,
    dc_offset,
    delay,
    dropouts,
    flattened,
    harshness,
    head,
    headroom,
    hum,
    limited,
    lossy_origin,
    low_end,
    mono_fold,
    near_mono,
    noise_floor,
    polarity,
    repeated_blocks,
    resonance,
    reverb,
    sibilance,
    subsonic,
    tail,
    tone_balance,
    upsampled,
    word_length,
)
"""What shows when a mix is heard by every listener."""

ALBUM_CHECKS: tuple[Check, ...] = (
    album_format,
    album_tone,
    alternates,
    beside,
    claims,
    duplicate,
    listening_mix,
    stems,
    swapped,
)
"""What only a comparison of all mixes shows; their findings name the track themselves."""


def findings(
    received: Received, *, track: str = "", intent: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Return what the facts of one mix show.

    Parameters
    ----------
    received : Received
        The mix and what it is for.
    track : str
        Id of the track, written into every finding.
    intent : mapping of str to str, optional
        Written reasons by the name of the check they waive, with or without ``intake/``.

    Returns
    -------
    tuple of Finding
        In the order of `CHECKS`; empty if there is nothing to say.
    """
    return _run(CHECKS, received, track, intent or {})


def survey_findings(
    surveyed: Surveyed, *, track: str = "", intent: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Return what listening to one mix shows, besides `findings`; parameters as there."""
    return _run(SURVEY_CHECKS, surveyed, track, intent or {})


def album_findings(
    album: ReceivedAlbum, *, intents: Mapping[str, Mapping[str, str]]
) -> tuple[Finding, ...]:
    """Return what a comparison of all mixes shows; `intents` are those of each track, by id."""
    return tuple(
        replace(each, check=rule.id, waived=_waived(rule, intents.get(each.track, {})))
        for rule in ALBUM_CHECKS
        for each in rule.run(album)
    )


def _run(
    rules: tuple[Check, ...], received: Received, track: str, intent: Mapping[str, str]
) -> tuple[Finding, ...]:
    return tuple(
        replace(each, check=rule.id, track=track, waived=_waived(rule, intent))
        for rule in rules
        for each in rule.run(received)
    )


def _waived(rule: Check, reasons: Mapping[str, str]) -> str:
    return reasons.get(rule.id) or reasons.get(rule.id.removeprefix("intake/"), "")


__all__ = [
    "ALBUM_CHECKS",
    "CHECKS",
    "SURVEY_CHECKS",
    "Pair",
    "Received",
    "ReceivedAlbum",
    "Surveyed",
    "album_findings",
    "findings",
    "survey_findings",
]
