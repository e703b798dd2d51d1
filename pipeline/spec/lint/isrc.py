"""Codes of recordings. What is no ISRC at all is an error and comes nowhere near."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.dates import year_of
from pipeline.spec.lint.written import Written
from pipeline.spec.located import KeyPath
from pipeline.spec.model import TrackSpec

# ISO 3166 has codes for places where nobody lives, and so no agency gives out codes.
_NOBODY_LIVES = {
    "AQ": "Antarctica",
    "BV": "Bouvet Island",
    "GS": "South Georgia",
    "HM": "Heard Island",
    "TF": "the French Southern Territories",
    "UM": "the outlying islands of the United States",
}
FIRST_YEAR = 1986  # ISO 3901 is of that year: 86 to 99 are 19…, the rest 20…
_AGENCY = "ask your distributor, or the ISRC agency of your country"


@check(
    "spec/isrc",
    rationale="""An ISRC names one recording for ever (ISO 3901:2019): plays are counted and
    paid by it. Two recordings under one code are paid as one, and distributors refuse the
    release. Another mix or edit is another recording.""",
)
def isrc(written: Written) -> Iterator[Finding]:
    """Each recording that is sold has an ISRC of its own, from a country that can give one."""
    owners: dict[str, str] = {}
    for path, track in written.tracks():
        if track.isrc is None:
            continue
        owner = owners.setdefault(track.isrc, track.id)
        if owner != track.id:
            yield _shared(written, path, track, owner)
        yield from _year(written, path, track)
        yield from _another_mix(written, path, track)
    yield from _countries(written)
    yield from _missing(written)


def _shared(written: Written, path: KeyPath, track: TrackSpec, owner: str) -> Finding:
    return written.finding(
        Severity.FAIL,
        "shared",
        f"{track.isrc} is the ISRC of {owner} too; each recording has its own",
        at=(*path, "isrc"),
        track=track.id,
        action="look up which of the two it is; " + _AGENCY,
    )


def _countries(written: Written) -> Iterator[Finding]:
    first: dict[str, KeyPath] = {}
    for path, track in written.tracks():
        if track.isrc and track.isrc[:2] in _NOBODY_LIVES:
            first.setdefault(track.isrc[:2], (*path, "isrc"))
    for country, at in first.items():
        place = _NOBODY_LIVES[country]
        message = (
            f"ISRCs that begin with {country} would come from {place}, where none are given"
        )
        yield written.finding(Severity.WARN, "country", message, at=at, action=_AGENCY)


def _year(written: Written, path: KeyPath, track: TrackSpec) -> Iterator[Finding]:
    code, at = track.isrc or "", (*path, "isrc")
    given, released = 1900 + int(code[5:7]), year_of(written.spec.album.release_date)
    given += 100 if given < FIRST_YEAR else 0
    if released and given > released:
        message = f"{code} was given out in {given}, the record comes out in {released}"
        yield written.finding(
            Severity.WARN,
            "year",
            message,
            at=at,
            track=track.id,
            action="compare it with the list from the agency: digits 6 and 7 are the year",
        )


def _another_mix(written: Written, path: KeyPath, track: TrackSpec) -> Iterator[Finding]:
    base = written.spec.tracks.get(track.id)
    if path[0] != "editions" or base is None or base.isrc != track.isrc:
        return
    if base.source.path != track.source.path:
        yield written.finding(
            Severity.WARN,
            "another-mix",
            f"the edition {path[1]} has another mix of it under the same ISRC, {track.isrc}",
            at=path,
            track=track.id,
            action="another mix is another recording: give it its own ISRC there",
        )


def _missing(written: Written) -> Iterator[Finding]:
    """Say which songs on sale have no code; of a record without any, once."""
    sold = {
        track.id: written.track_path(edition.id, track.id)
        for edition in written.editions()
        if any((each.edition or "") == edition.id for _, each, *_ in written.on_sale())
        for track in edition.tracks
        if track.isrc is None and track.hidden is None
    }
    if len(sold) > 1 and not any(track.isrc for _, track in written.tracks()):
        yield written.finding(
            Severity.WARN,
            "none",
            "no song has an ISRC; shops and services ask for one of each, plays are paid by it",
            at=("tracks",),
            action=_AGENCY,
        )
        return
    for track_id, path in sold.items():
        message = "has no ISRC; shops and services ask for one"
        yield written.finding(
            Severity.WARN, "missing", message, at=path, track=track_id, action=_AGENCY
        )
