"""What `check` knows of aims: an estimate before a song is mastered, the decision after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.build import Settings
from pipeline.build.check import check_album

if TYPE_CHECKING:
    from tests.conftest import Album, NewAlbum


def told(album: Album) -> set[tuple[str, str]]:
    checked = check_album(album.spec, settings=Settings(), teller=album.heard)
    return {
        (each.check, each.track)
        for each in checked.checked.findings
        if each.check.startswith("match/") and not each.waived
    }


def test_an_aim_out_of_reach_is_told_before_the_build_and_by_how_much_after(
    new_album: NewAlbum,
) -> None:
    album = new_album()
    album.change("{ceiling: -1 dBTP}", "{ceiling: -1 dBTP, max_reduction: 0.5 dB}")
    album.change("at: -12 LUFS", "at: -7 LUFS")
    names = {"dawn", "noon", "dusk", "night"}
    assert told(album) == {("match/reach", name) for name in names}
    album.build("lossless")
    assert {check for check, _ in told(album)} == {"match/level"}


def test_a_compressor_leaves_the_verdict_to_the_build_and_a_reason_waives_it(
    new_album: NewAlbum,
) -> None:
    album = new_album()
    album.change("{ceiling: -1 dBTP}", "{ceiling: -1 dBTP, max_reduction: 0.5 dB}")
    album.change("at: -12 LUFS", "at: -7 LUFS")
    album.change("[{gain: -1 dB}]", "[{compressor: {threshold: -20 dB, ratio: 4}}]")
    album.change("title: Noon,", "title: Noon, intent: {reach: so be it},")
    assert told(album) == {("match/reach", "dusk"), ("match/reach", "night")}
