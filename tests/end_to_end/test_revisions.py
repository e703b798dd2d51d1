"""A revision costs what it changes, and nothing else moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import mutagen
import numpy as np
import pytest

from formats.payload import payload_digest

if TYPE_CHECKING:
    from tests.conftest import Album, MakeMix, NewAlbum

MADE_FOR_ONE_TRACK = {
    "intake.probe",
    "master.track",
    "render.segment",
    "render.quantise",
    "deliver.flac",
    "deliver.mp3",
}
DELIVERABLES = ("cd", "lossless", "promo")


def inspected(album: Album) -> set[str]:
    """Return what the verifier has opened in the last build, without package names."""
    return {step.name for step in album.heard.steps if step.kind == "verify.inspect"}


def test_a_second_build_runs_nothing_and_writes_nothing(album: Album) -> None:
    before = {
        path: path.stat().st_mtime_ns
        for path in album.out.rglob("*")
        if path.is_file() and "reports" not in path.parts
    }
    built = album.build()
    assert album.heard.steps == []
    assert built.report.ran == ()
    assert {each.status for each in built.report.deliverables} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "nothing is new" in built.report.summary
    assert "4 of 4 tracks are sample-identical" in built.report.summary


def test_deciding_again_with_the_written_lock_changes_nothing(album: Album) -> None:
    before = (album.folder / "album.lock").read_bytes()
    album.build()
    assert (album.folder / "album.lock").read_bytes() == before


def test_a_new_title_runs_no_step_and_leaves_the_audio_as_it_is(
    album: Album, built_once: Album
) -> None:
    album.change("title: Noon", "title: High Noon")
    built = album.build()
    assert album.heard.steps == []
    assert built.report.ran == ()
    assert {each.status for each in built.report.deliverables} == {"changed"}
    for deliverable in ("lossless", "promo"):
        before, now = (
            built_once.file_of(deliverable, "noon"),
            album.file_of(deliverable, "noon"),
        )
        assert payload_digest(now) == payload_digest(before)
        assert mutagen.File(now, easy=True)["title"] == ["High Noon"]
        assert mutagen.File(before, easy=True)["title"] == ["Noon"]
    np.testing.assert_array_equal(album.image(), built_once.image())
    assert 'TITLE "High Noon"' in album.files("cd")["SH-1.cue"].read_text(encoding="utf-8")


def test_a_new_title_leaves_the_files_of_other_tracks_alone(
    album: Album, built_once: Album
) -> None:
    album.change("title: Noon", "title: High Noon")
    album.build()
    for deliverable in ("lossless", "promo"):
        for track in ("dawn", "dusk", "night"):
            now = album.file_of(deliverable, track).read_bytes()
            assert now == built_once.file_of(deliverable, track).read_bytes()


def test_a_new_mix_runs_the_steps_of_its_track_and_no_others(
    album: Album, make_mix: MakeMix
) -> None:
    make_mix(album.mix("noon"), 4.4, 44_100, seed=77)
    built = album.build()
    own = {(kind, "noon") for kind in MADE_FOR_ONE_TRACK}
    assert album.ran == own | {("verify.inspect", name) for name in DELIVERABLES}
    assert inspected(album) == {
        "cd/verify SH-1.bin#1",
        "lossless/verify 02 Noon.flac#0",
        "promo/verify 02 Noon.mp3#0",
    }
    assert built.report.is_released
    assert "3 of 4 tracks are sample-identical" in built.report.summary


def test_a_new_mix_leaves_every_other_track_byte_for_byte(
    album: Album, built_once: Album, make_mix: MakeMix
) -> None:
    make_mix(album.mix("noon"), 4.4, 44_100, seed=77)
    album.build()
    for deliverable in ("lossless", "promo"):
        for track in ("dawn", "dusk", "night"):
            now = album.file_of(deliverable, track).read_bytes()
            assert now == built_once.file_of(deliverable, track).read_bytes()
        now = album.file_of(deliverable, "noon").read_bytes()
        assert now != built_once.file_of(deliverable, "noon").read_bytes()
    _, noon = album.promise("cd", "noon")
    inside = slice(noon.start_samples, noon.start_samples + noon.n_samples)
    is_new = (album.image() != built_once.image()).any(axis=1)
    assert is_new[inside].any()
    is_new[inside] = False
    assert not is_new.any()


def test_a_new_mix_in_a_segue_renders_its_segment_and_masters_itself_alone(
    album: Album, make_mix: MakeMix
) -> None:
    make_mix(album.mix("dusk"), 4.3, 48_000, seed=78)
    album.build()
    assert {name for kind, name in album.ran if kind == "render.segment"} == {"dusk+night"}
    assert {name for kind, name in album.ran if kind == "master.track"} == {"dusk"}
    assert {name for kind, name in album.ran if kind == "deliver.flac"} <= {"dusk", "night"}


def test_a_mix_that_was_only_copied_again_runs_nothing(album: Album) -> None:
    path = album.mix("noon")
    path.write_bytes(path.read_bytes())
    album.build()
    assert album.heard.steps == []


def test_a_new_gap_makes_the_file_before_it_anew_and_no_other(
    album: Album, built_once: Album
) -> None:
    album.change("title: Noon,", "title: Noon, gap: 1 s,")
    album.build()
    made = {"render.segment", "render.quantise", "deliver.flac", "deliver.mp3"}
    assert album.ran == {(kind, "dawn") for kind in made} | {
        ("verify.inspect", name) for name in DELIVERABLES
    }
    before, now = (each.pcm("lossless", "dawn") for each in (built_once, album))
    assert len(now) - len(before) == (75 - 38) * 640  # 0.5 s were rounded up to 38 sectors
    np.testing.assert_array_equal(now[: len(before)], before)
    assert not now[len(before) :].any()


def test_an_edition_that_only_drops_and_retitles_runs_no_step(album: Album) -> None:
    album.change(
        "deliverables:\n",
        "editions:\n  short: {drop: [dawn], tracks: {dusk: {title: Dusk Again}}}\n"
        "deliverables:\n  short: {kind: files, edition: short, format: flac}\n",
    )
    built = album.build()
    assert album.heard.steps == []
    assert {each.name: each.status for each in built.report.deliverables} == {
        "cd": "unchanged",
        "lossless": "unchanged",
        "promo": "unchanged",
        "short": "new",
    }
    for track in ("noon", "dusk", "night"):
        shared, own = (album.file_of(name, track) for name in ("lossless", "short"))
        assert payload_digest(own) == payload_digest(shared)
    assert mutagen.File(album.file_of("short", "dusk"), easy=True)["title"] == ["Dusk Again"]


def test_one_named_deliverable_leaves_the_others_alone(album: Album, built_once: Album) -> None:
    album.change("title: Noon", "title: High Noon")
    album.build("lossless")
    for deliverable in ("cd", "promo"):
        assert album.snapshot(f"out/{deliverable}") == built_once.snapshot(f"out/{deliverable}")
    assert album.lock.deliverables["cd"] == built_once.lock.deliverables["cd"]
    assert album.lock.deliverables["lossless"] != built_once.lock.deliverables["lossless"]


def test_what_did_not_change_keeps_its_revision(album: Album) -> None:
    album.change("promo:    {kind: files, product: cd, format: mp3}", "")
    album.change("deliverables:\n", "deliverables:\n  wav: {kind: files, format: wav}\n")
    built = album.build()
    assert {each.name: each.revision for each in built.report.deliverables} == {
        "cd": 1,
        "lossless": 1,
        "wav": 2,
    }


def test_two_clean_builds_give_the_same_bytes(built_once: Album, new_album: NewAlbum) -> None:
    other = new_album(name="elsewhere")
    other.build(jobs=1)
    assert other.sent() == built_once.sent()


def test_spec_sources_and_lock_give_the_same_bytes_in_a_fresh_clone(
    album: Album, built_once: Album
) -> None:
    clone = album.clone(album.folder.with_name("clone"))
    clone.build()
    assert {kind for kind, _ in clone.ran} >= MADE_FOR_ONE_TRACK
    assert clone.sent() == built_once.sent()


def test_the_lock_carries_a_history_that_the_spec_alone_would_decide_otherwise(
    album: Album, make_mix: MakeMix
) -> None:
    """A mix replaced twice is where its first lock put it, also in a clone."""
    gain_db = album.lock.edition("base").levels["noon"].gain_db
    make_mix(album.mix("noon"), 4.4, 44_100, seed=77)
    album.build()
    assert album.lock.edition("base").levels["noon"].gain_db != gain_db
    clone = album.clone(album.folder.with_name("clone"))
    clone.build()
    assert clone.sent() == album.sent()


def test_a_gain_written_into_the_lock_by_hand_is_honoured(
    album: Album, built_once: Album
) -> None:
    path = album.folder / "album.lock"
    data = json.loads(path.read_text(encoding="utf-8"))
    before_db = data["editions"]["base"]["levels"]["noon"]["gain_db"]
    data["editions"]["base"]["levels"]["noon"]["gain_db"] = round(before_db - 3.0, 2)
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    built = album.build()
    levels = {each.id: each.measured for each in built.report.editions[0].tracks}
    assert levels["noon"] is not None
    assert levels["noon"].integrated_lufs == pytest.approx(-15.0, abs=0.1)
    assert album.lock.edition("base").levels["noon"].gain_db == round(before_db - 3.0, 2)
    assert built.report.is_released
    for track in ("dawn", "dusk", "night"):
        now = album.file_of("lossless", track).read_bytes()
        assert now == built_once.file_of("lossless", track).read_bytes()


def test_equal_audio_in_two_deliverables_is_made_and_opened_once(new_album: NewAlbum) -> None:
    album = new_album(
        "album: {title: Twice, artist: The Testers}\n"
        "tracks: {dawn: {title: Dawn, mix: mixes/dawn.wav}}\n"
        "deliverables:\n"
        "  one: {kind: files, format: flac}\n"
        "  other: {kind: files, format: flac}\n"
    )
    assert album.build().report.is_released
    kinds = [step.kind for step in album.heard.steps]
    assert kinds.count("deliver.flac") == kinds.count("verify.inspect") == 1
    one, other = (album.file_of(name, "dawn").read_bytes() for name in ("one", "other"))
    assert one == other
