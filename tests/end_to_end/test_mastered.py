"""`check --mastered`: what mastering did, told beside what the mixes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.build import Settings
from pipeline.build.check import check_album
from pipeline.findings import Finding

if TYPE_CHECKING:
    from tests.conftest import Album, MakeMix, NewAlbum

FLATTENING = "{compressor: {threshold: -50 dB, ratio: 20, attack: 0.1 ms, release: 20 ms}}"


def checked(album: Album, *, mastered: bool) -> list[Finding]:
    album.heard = type(album.heard)()
    done = check_album(album.spec, settings=Settings(), teller=album.heard, mastered=mastered)
    mastering = ("match/pumping", "match/brought_out", "match/transients", "match/mono_loss")
    return [each for each in done.checked.findings if each.check in mastering]


def test_what_a_chain_did_is_told_when_it_is_asked_for_and_only_then(
    new_album: NewAlbum, make_mix: MakeMix
) -> None:
    album = new_album()
    make_mix(album.mix("dawn"), 10.0, 48_000, seed=1)
    album.change("chain: [{gain: -1 dB}]", f"chain: [{FLATTENING}]")
    assert checked(album, mastered=False) == []
    assert "render.survey" not in album.kinds
    found = checked(album, mastered=True)
    assert ("dawn", "match/transients") in {(each.track, each.check) for each in found}
    assert not (album.folder / "album.lock").exists()


def test_a_second_time_nothing_is_heard_again(new_album: NewAlbum) -> None:
    album = new_album()
    before = checked(album, mastered=True)
    assert {"master.track", "render.segment", "render.survey"} <= album.kinds
    assert checked(album, mastered=True) == before
    assert album.kinds == set()


def test_a_build_does_not_listen_to_what_it_makes(new_album: NewAlbum) -> None:
    album = new_album()
    album.build("lossless")
    assert "render.survey" not in album.kinds
    checked(album, mastered=True)
    # Masters are kept; what is rendered of them is passed on only, and rendered once more.
    assert album.kinds == {"intake.survey", "render.segment", "render.survey"}


def test_a_reason_waives_what_mastering_did(new_album: NewAlbum, make_mix: MakeMix) -> None:
    album = new_album()
    make_mix(album.mix("dawn"), 10.0, 48_000, seed=1)
    meant = f"chain: [{FLATTENING}], intent: {{transients: meant}}"
    album.change("chain: [{gain: -1 dB}]", meant)
    found = [each for each in checked(album, mastered=True) if each.track == "dawn"]
    waived = [each.waived for each in found if each.check == "match/transients"]
    assert waived == ["meant"]
