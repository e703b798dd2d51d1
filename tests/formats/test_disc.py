from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from formats.disc import (
    Disc,
    DiscIndex,
    DiscTrack,
    TextBlock,
    Texts,
    refuse_misfits,
)
from formats.errors import EncodeError

DISC = Disc(
    (
        DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 150)), "GBAAA2400001"),
        DiscTrack(2, (DiscIndex(0, 600), DiscIndex(1, 675), DiscIndex(2, 900))),
        DiscTrack(3, (DiscIndex(1, 1_275),)),
    ),
    1_650,
    "5012345678900",
    "CAT-001",
    (TextBlock(Texts("Album"), (Texts("One"), Texts("Two"), Texts("Three"))),),
)


def with_track(position: int, **changes: Any) -> Disc:
    tracks = list(DISC.tracks)
    tracks[position] = replace(tracks[position], **changes)
    return replace(DISC, tracks=tuple(tracks))


def indexes(*places: tuple[int, int]) -> tuple[DiscIndex, ...]:
    return tuple(DiscIndex(number, sector) for number, sector in places)


def test_a_disc_that_can_be_written_is_not_refused() -> None:
    refuse_misfits(DISC)
    refuse_misfits(replace(DISC, lead_out_sector=449_999))


def test_a_disc_may_start_at_any_number() -> None:
    shifted = [replace(track, number=track.number + 12) for track in DISC.tracks]
    disc = replace(DISC, tracks=tuple(shifted))
    refuse_misfits(disc)
    assert (disc.first_track, disc.last_track) == (13, 15)


def test_what_only_breaks_a_rule_is_left_to_a_verifier() -> None:
    refuse_misfits(with_track(2, indexes=indexes((1, 1_649))))  # a track of one sector
    refuse_misfits(replace(DISC, catalog="5012345678901"))  # a wrong check digit


def test_a_disc_has_at_most_99_tracks_and_99_indexes() -> None:
    many = [DiscTrack(number, indexes((1, number * 300))) for number in range(2, 100)]
    refuse_misfits(Disc((DISC.tracks[0], *many), 40_000))
    more = DiscTrack(100, indexes((1, 30_000)))
    with pytest.raises(EncodeError, match="must be 1 to 99"):
        refuse_misfits(Disc((DISC.tracks[0], *many, more), 40_000))
    points = [(number, 1_275 + number) for number in range(1, 101)]
    refuse_misfits(with_track(2, indexes=indexes(*points[:99])))
    with pytest.raises(EncodeError, match="must be 0 to 99"):
        refuse_misfits(with_track(2, indexes=indexes(*points)))


@pytest.mark.parametrize(
    ("disc", "said"),
    [
        (replace(DISC, tracks=()), "TRACK: [] must count up"),
        (with_track(1, number=3), "TRACK: [1, 3, 3] must count up"),
        (with_track(1, indexes=indexes((0, 600))), "track 02 INDEX: [0] must count up"),
        (with_track(1, indexes=()), "track 02 INDEX: []"),
        (with_track(1, indexes=indexes((1, 600), (3, 700))), "track 02 INDEX: [1, 3]"),
        (with_track(1, indexes=indexes((2, 600), (3, 700))), "track 02 INDEX: [2, 3]"),
        (with_track(1, isrc="GB-AAA-24-00001"), "track 02 ISRC"),
        (with_track(1, is_copy_permitted=True, scms=True), "DCP and SCMS"),
        (with_track(0, indexes=indexes((1, 150))), "must begin with INDEX 00"),
        (with_track(0, indexes=indexes((0, 0), (1, 149))), "INDEX 01 at 150 or later"),
        (with_track(0, indexes=indexes((0, 1), (1, 150))), "must begin with INDEX 00"),
        (with_track(1, indexes=indexes((0, 600), (1, 600))), "must be later than 00:08:00"),
        (with_track(2, indexes=indexes((1, 900))), "must be later than 00:12:00"),
        (with_track(2, indexes=indexes((1, -3))), "track 03 INDEX 01: '-3' must be later"),
        (replace(DISC, lead_out_sector=1_275), "lead-out: '00:17:00' must be later"),
        (replace(DISC, lead_out_sector=450_000), "lead-out: 450000 sectors must be at most"),
        (replace(DISC, catalog="501234567890"), "catalog: '501234567890' must be 13 digits"),
        (replace(DISC, master_id="x" * 49), "at most 48 characters"),
        (replace(DISC, master_id="Björk"), "must be ASCII"),
        (replace(DISC, master_id="CAT "), "no space at its ends"),
        (replace(DISC, cd_text=DISC.cd_text * 9), "CD-Text: 9 languages"),
        (replace(DISC, cd_text=(TextBlock(Texts(), ()),)), "CD-Text: 0 tracks must be 3"),
    ],
)
def test_what_would_corrupt_a_disc_is_refused(disc: Disc, said: str) -> None:
    with pytest.raises(EncodeError, match=re.escape(said)):
        refuse_misfits(disc)


def test_a_track_knows_where_its_pause_and_its_music_begin() -> None:
    assert [track.pause_sector for track in DISC.tracks] == [0, 600, None]
    assert [track.start_sector for track in DISC.tracks] == [150, 675, 1_275]
    with pytest.raises(EncodeError, match="no INDEX 01"):
        _ = DiscTrack(1, indexes((0, 0))).start_sector
