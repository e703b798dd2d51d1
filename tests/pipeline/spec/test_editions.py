from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.spec.editions import inherit, resolve
from pipeline.spec.loader import LoadedSpec, read
from pipeline.spec.located import Node, compose

Read = Callable[[str], LoadedSpec]

ALBUM = """\
level: {match: integrated, at: -12 LUFS}
limiter: {ceiling: -1 dBTP}
album_chain: [trim: -1 dB]
defaults: {gap: 3 s, chain: [trim: -2 dB], level: -1 dB}
tracks:
  a: {title: A, mix: a.wav}
  b: {title: B, mix: b.wav, gap: 1 s, artist: Guest}
  c: {title: C, mix: c.wav, segue_from: b}
  d: {title: D, master: d.wav}
"""


def ids(loaded: LoadedSpec, edition: str | None = None) -> list[str]:
    return [track.id for track in resolve(loaded.spec, edition).tracks]


def test_the_album_is_an_edition_without_a_name(spec_of: Read) -> None:
    album = resolve(spec_of(ALBUM).spec)
    assert (album.id, album.title) == ("", "Low Water")
    assert [track.id for track in album.tracks] == ["a", "b", "c", "d"]
    assert album.limiter is not None


def test_tracks_have_the_albums_artist_unless_they_name_one(spec_of: Read) -> None:
    album = resolve(spec_of(ALBUM).spec)
    assert [track.artist for track in album.tracks[:2]] == ["The Ferrymen", "Guest"]


def test_a_track_is_found_by_its_id(spec_of: Read) -> None:
    album = resolve(spec_of(ALBUM).spec)
    assert album.track("b").title == "B"
    with pytest.raises(KeyError):
        album.track("z")


def test_defaults_hold_for_tracks_that_say_nothing(spec_of: Read) -> None:
    tracks = spec_of(ALBUM).spec.tracks
    assert [str(tracks[id_].gap) for id_ in "abc"] == ["3 s", "1 s", "3 s"]


def test_null_takes_a_default_out(spec_of: Read) -> None:
    spec = spec_of(ALBUM.replace("mix: a.wav", "mix: a.wav, chain: null, gap: null")).spec
    assert (spec.tracks["a"].chain, str(spec.tracks["a"].gap)) == ((), "2 s")


def test_defaults_do_not_touch_a_finished_master(spec_of: Read) -> None:
    """No chain, gain, tone, trim or limiter touches it."""
    master = spec_of(ALBUM).spec.tracks["d"]
    assert (master.chain, master.level_db, str(master.gap)) == ((), 0.0, "3 s")
    assert master.source.text == "d.wav"


def test_an_edition_is_the_album_unless_it_says_otherwise(spec_of: Read) -> None:
    loaded = spec_of(ALBUM + "editions: {lp: {}, bare: }\n")
    album, lp = resolve(loaded.spec), resolve(loaded.spec, "lp")
    assert (lp.tracks, lp.level, lp.limiter) == (album.tracks, album.level, album.limiter)
    assert (lp.album_chain, lp.title) == (album.album_chain, album.title)
    assert ids(loaded, "bare") == ["a", "b", "c", "d"]


def test_an_edition_replaces_what_it_names(spec_of: Read) -> None:
    loaded = spec_of(
        ALBUM + "editions: {lp: {limiter: off, album_chain: [], level: null, title: LP}}\n"
    )
    lp = resolve(loaded.spec, "lp")
    assert (lp.limiter, lp.album_chain, lp.level.match, lp.title) == (
        None,
        (),
        "off",
        "LP",
    )


def test_an_edition_changes_single_keys_of_a_track(spec_of: Read) -> None:
    loaded = spec_of(
        ALBUM + "editions: {lp: {tracks: {c: {segue_from: null, gap: 5 s}, b: {title: B2}}}}\n"
    )
    lp = resolve(loaded.spec, "lp")
    assert (lp.track("c").joined_from, str(lp.track("c").gap)) == (None, "5 s")
    assert (lp.track("b").title, lp.track("b").artist, str(lp.track("b").gap)) == (
        "B2",
        "Guest",
        "1 s",
    )
    assert resolve(loaded.spec).track("c").joined_from == "b"


def test_an_edition_drops_and_orders(spec_of: Read) -> None:
    loaded = spec_of(ALBUM + "editions: {ep: {drop: [a], order: [d, b, c]}, x: {drop: [d]}}\n")
    assert ids(loaded, "ep") == ["d", "b", "c"]
    assert ids(loaded, "x") == ["a", "b", "c"]


def test_a_complete_track_under_a_new_id_is_added_last_unless_ordered(spec_of: Read) -> None:
    bonus = "tracks: {e: {title: E, mix: e.wav}}"
    loaded = spec_of(
        ALBUM + f"editions: {{x: {{{bonus}}}, y: {{{bonus}, order: [e, a, b, c, d]}}}}\n"
    )
    assert ids(loaded, "x") == ["a", "b", "c", "d", "e"]
    assert ids(loaded, "y") == ["e", "a", "b", "c", "d"]
    assert str(resolve(loaded.spec, "x").track("e").gap) == "3 s"


def test_hidden_tracks_keep_their_place(spec_of: Read) -> None:
    loaded = spec_of(ALBUM + "  e: {title: E, mix: e.wav, hidden: {after: d, silence: 2:00}}\n")
    ghost = resolve(loaded.spec).tracks[-1]
    assert ghost.hidden is not None
    assert (ghost.hidden.after, ghost.hidden.cd, ghost.hidden.files) == (
        "d",
        "inside",
        "own_track",
    )
    assert str(ghost.hidden.silence) == "120 s"


def test_a_track_that_hides_before_another_is_in_its_pregap(spec_of: Read) -> None:
    songs = ALBUM.replace("  a: {", "  z: {title: Z, mix: z.wav, hidden: {before: a}}\n  a: {")
    ghost = resolve(spec_of(songs).spec).tracks[0]
    assert ghost.hidden is not None
    assert ghost.hidden.cd == "pregap"


@given(st.permutations(list("abcd")), st.sets(st.sampled_from("abcd"), max_size=3))
@settings(max_examples=50, deadline=None)
def test_an_edition_has_what_is_left_in_the_order_it_says(
    order: list[str], dropped: set[str]
) -> None:
    left = [id_ for id_ in order if id_ not in dropped]
    songs = "".join(f"  {id_}: {{title: T, mix: {id_}.wav}}\n" for id_ in "abcd")
    text = (
        f"album: {{title: A, artist: B}}\ntracks:\n{songs}"
        f"editions: {{x: {{drop: {sorted(dropped)}, order: [{', '.join(left)}]}}}}\n"
    )
    assert ids(read(text, path=Path("album.yaml"), processors={}), "x") == left


def test_what_is_inherited_keeps_its_line() -> None:
    root: Node = inherit(compose("defaults: {gap: 3 s}\ntracks:\n  a: {title: A}\n", file="f"))
    gap = root.get("tracks", "a", "gap")
    assert gap is not None
    assert (gap.path, gap.mark.line) == (("defaults", "gap"), 1)
