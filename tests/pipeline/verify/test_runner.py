"""A good package passes; a tampered one is found out, by the check that is meant to."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.errors import ToolError
from formats.payload import find_payload
from formats.tags import Tags, read_tags, write_tags
from pipeline.errors import StoreError, VerifyFailed
from pipeline.findings import Finding, Severity
from pipeline.manifest import MANIFEST_NAME
from pipeline.verify import runner
from pipeline.verify.checks.audio.dynamics import dynamics
from pipeline.verify.checks.cd.playing_time import playing_time
from pipeline.verify.package import open_package
from pipeline.verify.runner import BY_KIND, GENERAL, Verdict, verify_folder

Good = Callable[[str], Path]
Change = Callable[..., None]
KINDS = ("cd", "ddp", "wav", "flac", "mp3")


def found(verdict: Verdict) -> set[str]:
    return {f"{finding.check}:{finding.code}" for finding in verdict.findings}


def only(folder: Path, pattern: str) -> Path:
    return sorted((folder / "SEND").rglob(pattern))[0]


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def rehash(folder: Path) -> None:
    """Let the manifest promise the files as they are now."""
    path = folder / MANIFEST_NAME
    data = json.loads(path.read_text(encoding="utf-8"))
    for file in data["files"]:
        content = (folder / "SEND" / file["name"]).read_bytes()
        file["size_bytes"], file["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(data), encoding="utf-8")


def edit_sheet(folder: Path, old: str, new: str) -> None:
    path = only(folder, "*.cue")
    text = path.read_bytes().decode("latin-1")
    assert old in text
    path.write_bytes(text.replace(old, new).encode("latin-1"))
    rehash(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_package_passes_every_check(good: Good, kind: str) -> None:
    verdict = verify_folder(good(kind))
    assert verdict.findings == ()
    assert verdict.is_released
    assert verdict.severity is Severity.PASS


def test_every_check_runs_on_some_kind_of_package(good: Good) -> None:
    ran = {each.id for kind in KINDS for each in verify_folder(good(kind)).checks}
    assert ran == {each.id for each in (*GENERAL, *(c for k in BY_KIND.values() for c in k))}


def test_the_ids_of_checks_are_their_paths() -> None:
    for each in (*GENERAL, *(c for kind in BY_KIND.values() for c in kind)):
        path = each.run.__module__.removeprefix("pipeline.verify.checks.").replace(".", "/")
        assert each.id == path


def test_no_tick_stands_for_nothing(good: Good) -> None:
    checks = {each.id for each in verify_folder(good("mp3")).checks}
    assert "audio/identical" not in checks
    assert "audio/loudness" in checks


# Files


def test_a_missing_file_is_found(good: Good) -> None:
    folder = good("flac")
    only(folder, "*.flac").unlink()
    assert found(verify_folder(folder)) == {"files/complete:missing"}


@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_an_unknown_file_is_told(good: Good, name: str) -> None:
    folder = good("flac")
    (folder / "SEND" / name).write_text("x")
    verdict = verify_folder(folder)
    assert found(verdict) == {"files/complete:unknown"}
    assert verdict.is_released


def test_an_edited_file_is_found(good: Good) -> None:
    folder = good("wav")
    path = only(folder, "*.wav")
    path.write_bytes(path.read_bytes() + b"junk")
    assert "files/intact:size" in found(verify_folder(folder))


@pytest.mark.parametrize("kind", ["cd", "wav"])
def test_a_flipped_bit_in_the_audio_is_found_twice(good: Good, kind: str) -> None:
    folder = good(kind)
    path = only(folder, "*.bin" if kind == "cd" else "*.wav")
    flip(path, path.stat().st_size // 2)
    assert found(verify_folder(folder)) == {"files/intact:hash", "audio/identical:samples"}


def test_a_flipped_bit_in_a_flac_does_not_open(good: Good) -> None:
    folder = good("flac")
    path = only(folder, "*.flac")
    flip(path, path.stat().st_size // 2)
    assert "audio/opens:damaged" in found(verify_folder(folder))


# Audio


def swap_audio(folder: Path, audio: np.ndarray, rate_hz: int, subtype: str) -> None:
    path = only(folder, "*.wav")
    tags = read_tags(path)
    soundfile.write(path, audio, rate_hz, subtype=subtype)
    write_tags(path, tags)
    rehash(folder)


@pytest.mark.parametrize(("rate_hz", "subtype"), [(44_100, "PCM_24"), (48_000, "PCM_16")])
def test_another_rate_or_word_length_is_found(good: Good, rate_hz: int, subtype: str) -> None:
    folder = good("wav")
    audio, _ = soundfile.read(only(folder, "*.wav"), always_2d=True)
    swap_audio(folder, audio, rate_hz, subtype)
    assert "audio/format:differs" in found(verify_folder(folder))


def test_one_sample_short_is_found(good: Good) -> None:
    folder = good("wav")
    audio, rate_hz = soundfile.read(only(folder, "*.wav"), always_2d=True)
    swap_audio(folder, audio[:-1], rate_hz, "PCM_24")
    assert found(verify_folder(folder)) == {
        "audio/length:length",
        "audio/identical:samples",
        "album/joined:length",
        "album/joined:grid",
    }


@pytest.mark.parametrize(("kind", "off_lu"), [("flac", 0.2), ("cd", -0.2), ("mp3", 0.4)])
def test_loudness_that_was_not_decided_is_found(
    good: Good, promise: Change, kind: str, off_lu: float
) -> None:
    folder = good(kind)
    manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    decided = manifest["files"][0]["tracks"][0]["integrated_lufs"] + off_lu
    promise(folder, "files", 0, "tracks", 0, "integrated_lufs", to=decided)
    assert found(verify_folder(folder)) == {"audio/loudness:loudness"}


@pytest.mark.parametrize(("off_lu", "severity"), [(0.2, "warn"), (1.2, "fail")])
def test_at_another_rate_than_the_albums_loudness_that_is_a_little_off_is_told(
    good: Good, promise: Change, off_lu: float, severity: str
) -> None:
    folder = good("flac")
    manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    decided = manifest["files"][0]["tracks"][0]["integrated_lufs"] + off_lu
    promise(folder, "files", 0, "tracks", 0, "integrated_lufs", to=decided)
    promise(folder, "sample_rate_hz", to=96_000)
    verdict = verify_folder(folder)
    assert found(verdict) == {"audio/loudness:loudness"}
    assert verdict.severity == severity


def test_loudness_within_the_tolerance_passes(good: Good, promise: Change) -> None:
    folder = good("flac")
    manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    decided = manifest["files"][0]["tracks"][0]["integrated_lufs"] + 0.09
    promise(folder, "files", 0, "tracks", 0, "integrated_lufs", to=decided)
    assert found(verify_folder(folder)) == set()


def test_a_peak_over_the_ceiling_is_found(good: Good, promise: Change) -> None:
    folder = good("flac")
    promise(folder, "files", 1, "tracks", 0, "ceiling_dbtp", to=-15.0)
    verdict = verify_folder(folder)
    assert found(verdict) == {"audio/true_peak:over-ceiling"}
    assert not verdict.is_released
    assert verdict.findings[0].track == "undertow"


@pytest.mark.parametrize(
    ("limited_db", "expected"), [(2.9, set()), (3.1, {"audio/dynamics:crushed"})]
)
def test_peaks_that_the_limiter_took_are_missed(
    good: Good, promise: Change, limited_db: float, expected: set[str]
) -> None:
    folder = good("flac")  # of sines, whose peaks stand 3 dB over their loudness
    promise(folder, "files", 1, "tracks", 0, "limited_db", to=limited_db)
    verdict = verify_folder(folder)
    assert found(verdict) == expected
    assert verdict.is_released is not bool(expected)


@pytest.mark.parametrize(
    ("plr_db", "loudest_lufs", "expected"),
    [
        (11.0, -8.0, None),
        (11.0, -6.5, "hot-passage"),  # a quiet verse and a flat chorus
        (11.0, -4.5, "crushed-passage"),
        (7.5, -6.5, "hot"),
        (7.5, -4.5, "crushed-passage"),
        (5.0, -4.5, "crushed"),
        (None, None, None),
    ],
)
def test_a_flat_chorus_is_not_excused_by_a_quiet_verse(
    plr_db: float | None, loudest_lufs: float | None, expected: str | None
) -> None:
    measured = SimpleNamespace(
        plr_db=plr_db, max_short_term_lufs=loudest_lufs, true_peak_dbtp=-1.0
    )
    piece = SimpleNamespace(name="01.flac")
    promise = SimpleNamespace(limited_db=4.0, title="Tide", track="tide")
    package = SimpleNamespace(
        promises=lambda: SimpleNamespace(get=lambda _: promise),
        found=lambda: [(piece, SimpleNamespace(measurement=measured))],
    )
    codes = [each.code for each in dynamics.run(package)]
    assert codes == ([expected] if expected else [])


def test_two_meters_that_disagree_are_found(
    good: Good, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.verify.inspect._other_lufs", lambda audio, rate: -3.0)
    assert found(verify_folder(good("flac"))) == {"audio/meters:disagree"}


def loose(tmp_path: Path, name: str, audio: np.ndarray, subtype: str = "PCM_24") -> Path:
    path = tmp_path / name
    soundfile.write(path, audio, 48_000, subtype=subtype)
    return path


def test_clipping_is_told_with_its_place(tmp_path: Path) -> None:
    audio = np.zeros((48_000, 2))
    audio[24_000:24_010] = 1.0
    verdict = verify_folder(loose(tmp_path, "a.wav", audio))
    clipped = next(each for each in verdict.findings if each.code == "clipped")
    assert clipped.time_s == 0.5
    assert clipped.severity is Severity.WARN


def test_a_peak_over_full_scale_is_told_without_a_limiter_too(tmp_path: Path) -> None:
    audio = np.sin(np.pi / 2 * np.arange(48_000) + np.pi / 4)[:, None].repeat(2, 1) * 1.2
    verdict = verify_folder(loose(tmp_path, "a.wav", np.clip(audio, -0.99, 0.99)))
    assert found(verdict) == {"audio/true_peak:over-full-scale"}


def test_a_lossy_over_is_a_warning_with_figures(tmp_path: Path) -> None:
    audio = np.sign(np.sin(2 * np.pi * 441 * np.arange(48_000) / 48_000))[:, None]
    path = loose(tmp_path, "a.mp3", audio.repeat(2, 1) * 0.95, "MPEG_LAYER_III")
    verdict = verify_folder(path)
    assert found(verdict) == {"audio/true_peak:lossy-over"}
    assert "dBTP" in verdict.findings[0].message
    assert verdict.is_released


# Tags


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
@pytest.mark.parametrize("change", [{"title": "Tides"}, {"isrc": ""}, {"label": "Other"}])
def test_a_tag_that_is_changed_taken_out_or_added_is_found(
    good: Good, kind: str, change: dict[str, str]
) -> None:
    folder = good(kind)
    path = only(folder, f"*.{kind}")
    tags: Tags = replace(read_tags(path), **change)  # type: ignore[arg-type]  # names of texts
    write_tags(path, tags)
    rehash(folder)
    verdict = verify_folder(folder)
    assert found(verdict) == {"tags/complete:differs"}
    assert next(iter(change)) in verdict.findings[0].message


# CD


def test_a_moved_mark_is_found(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, "INDEX 01 00:04:57", "INDEX 01 00:04:58")
    assert found(verify_folder(folder)) == {"cd/places:moved", "cd/identity:differs"}


def test_a_swapped_isrc_is_found(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, "GBAAA2600001", "GBAAA2600009")
    assert found(verify_folder(folder)) == {"cd/names:isrc-differs"}


def test_an_isrc_used_twice_is_found(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, "GBAAA2600001", "GBAAA2600002")
    assert "cd/identifiers:isrc-twice" in found(verify_folder(folder))


@pytest.mark.parametrize("old", ['TITLE "Tide"', 'PERFORMER "The Ferrymen"'])
def test_a_changed_text_on_the_sheet_is_found(good: Good, old: str) -> None:
    folder = good("cd")
    edit_sheet(folder, old, old[:-2] + '!"')
    assert found(verify_folder(folder)) == {"cd/names:text-differs"}


def test_a_title_that_latin_1_cannot_hold_is_told_only(good: Good, promise: Change) -> None:
    folder = good("cd")
    promise(folder, "files", 0, "tracks", 0, "tags", "cd_title", to="Tidę")
    verdict = verify_folder(folder)
    assert found(verdict) == {"cd/names:simplified"}
    assert verdict.is_released


def test_a_wrong_catalogue_number_is_found(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, "CATALOG 5012345678900", "CATALOG 5012345678901")
    assert found(verify_folder(folder)) == {
        "cd/identifiers:catalog",
        "cd/names:catalog-differs",
    }


def test_a_truncated_image_is_found(good: Good) -> None:
    folder = good("cd")
    path = only(folder, "*.bin")
    path.write_bytes(path.read_bytes()[:-40_000])
    assert found(verify_folder(folder)) >= {
        "files/intact:size",
        "audio/opens:damaged",
        "cd/image_size:part",
    }


def test_an_image_that_ends_before_its_last_mark_is_found(good: Good) -> None:
    folder = good("cd")
    path = only(folder, "*.bin")
    path.write_bytes(path.read_bytes()[:2352])
    assert "cd/image_size:behind" in found(verify_folder(folder))


@pytest.mark.parametrize("place", [5, -5])
def test_sound_outside_all_tracks_is_found(good: Good, place: int) -> None:
    folder = good("cd")
    flip(only(folder, "*.bin"), place)
    rehash(folder)
    assert found(verify_folder(folder)) == {"cd/silence:sound"}


def test_a_sheet_that_cannot_be_read_is_found(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, "TRACK 02", "TRACK 03")
    assert found(verify_folder(folder)) == {"cd/marks:unreadable"}


def test_tracks_that_do_not_count_from_1_are_found(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, "TRACK 02", "TRACK 00")
    edit_sheet(folder, "TRACK 01", "TRACK 02")
    edit_sheet(folder, "TRACK 00", "TRACK 03")
    assert {"cd/marks:numbers", "cd/places:count"} <= found(verify_folder(folder))


def test_a_track_of_3_9_s_is_too_short(short_cd: Path) -> None:
    verdict = verify_folder(short_cd)
    assert found(verdict) == {"cd/track_length:too-short"}
    assert "track 01 is" in verdict.findings[0].message


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(73 * 60, None), (75 * 60, "long"), (80 * 60, "too-long"), (100 * 60, "unwritable")],
)
def test_a_disc_may_not_last_80_minutes(good: Good, seconds: int, code: str | None) -> None:
    folder = good("cd")
    with only(folder, "*.bin").open("r+b") as image:
        image.truncate(seconds * 75 * 2352)
    codes = [finding.code for finding in playing_time.run(open_package(folder))]
    assert codes == ([code] if code else [])


# Whatever is changed


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_byte_that_changes_is_found(
    originals: dict[str, Path], tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    folder = tmp_path / "tampered"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(originals[kind], folder)
    files = sorted(path for path in (folder / "SEND").rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files), label="file")
    flip(path, data.draw(st.integers(0, path.stat().st_size - 1), label="place"))
    assert "files/intact:hash" in found(verify_folder(folder))


@pytest.mark.parametrize("kind", ["wav", "flac", "cd"])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_changed_audio_is_found_even_if_the_manifest_is_made_to_fit(
    originals: dict[str, Path], tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    folder = tmp_path / "tampered"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(originals[kind], folder)
    path = only(folder, "*.bin" if kind == "cd" else f"*.{kind}")
    first, size = 0, path.stat().st_size
    if kind != "cd":
        payload = find_payload(path)
        first, size = payload.offset_bytes, payload.size_bytes
    flip(path, data.draw(st.integers(first, first + size - 1), label="place"))
    rehash(folder)
    expected = {"audio/identical:samples", "audio/opens:damaged", "cd/silence:sound"}
    assert expected & found(verify_folder(folder))


# What can be verified


@pytest.mark.parametrize("kind", KINDS)
def test_send_alone_is_checked_against_the_manifest_beside_it(good: Good, kind: str) -> None:
    folder = good(kind)
    verdict = verify_folder(folder / "SEND")
    assert [each.id for each in verdict.checks] == [
        each.id for each in verify_folder(folder).checks
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_without_manifest_is_checked_as_far_as_it_goes(good: Good, kind: str) -> None:
    folder = good(kind)
    (folder / MANIFEST_NAME).unlink()
    verdict = verify_folder(folder)
    assert verdict.findings == ()
    assert "files/intact" not in {each.id for each in verdict.checks}
    assert verdict.not_checked[0].startswith("whether this is what was ordered")


@pytest.mark.parametrize("pattern", ["*.wav", "*.flac", "*.mp3", "*.cue", "*.bin"])
def test_one_file_is_checked_alone(good: Good, pattern: str) -> None:
    kind = pattern[2:] if pattern[2:] in KINDS else "cd"
    verdict = verify_folder(only(good(kind), pattern))
    assert verdict.findings == ()
    assert len(verdict.package.facts) == (2 if kind == "cd" else 1)
    assert "a file alone" in verdict.not_checked[0]


def test_an_image_without_sheet_is_measured_and_told(good: Good, tmp_path: Path) -> None:
    image = Path(shutil.copy(only(good("cd"), "*.bin"), tmp_path / "x.bin"))
    verdict = verify_folder(image)
    assert found(verdict) == {"cd/marks:no-sheet"}
    assert len(verdict.package.facts) == 1


def test_a_sheet_without_image_fails(good: Good, tmp_path: Path) -> None:
    sheet = Path(shutil.copy(only(good("cd"), "*.cue"), tmp_path / "x.cue"))
    assert found(verify_folder(sheet)) == {"cd/image_size:no-image"}


def test_a_sheet_of_other_bytes_than_promised_is_told(good: Good) -> None:
    folder = good("cd")
    edit_sheet(folder, '.bin" BINARY', '.bin" MOTOROLA')
    assert "cd/places:count" in found(verify_folder(folder))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no such file or folder"),
        (lambda path: path.mkdir(), "nothing in it to check"),
        (lambda path: path.write_text("x"), "is checked as WAV, FLAC, MP3"),
    ],
)
def test_nothing_to_check_is_a_sentence(
    tmp_path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    make(tmp_path / "x.txt")
    with pytest.raises(VerifyFailed, match=sentence):
        verify_folder(tmp_path / "x.txt")


def test_what_is_not_for_release_has_nothing_to_send(good: Good, promise: Change) -> None:
    folder = good("wav")
    shutil.rmtree(folder / "SEND")
    with pytest.raises(VerifyFailed, match="its SEND folder is gone"):
        verify_folder(folder)
    promise(folder, "is_released", to=False)
    with pytest.raises(VerifyFailed, match="NOT FOR RELEASE"):
        verify_folder(folder)


def test_a_damaged_manifest_is_a_sentence(good: Good) -> None:
    folder = good("wav")
    (folder / MANIFEST_NAME).write_text("{")
    with pytest.raises(StoreError, match="cannot be read as a manifest"):
        verify_folder(folder)


def test_an_unknown_kind_is_a_sentence(good: Good, promise: Change) -> None:
    folder = good("wav")
    promise(folder, "kind", to="wax_cylinder")
    with pytest.raises(VerifyFailed, match="'wax_cylinder', which is not known here"):
        verify_folder(folder)


# Foreign audio


def test_six_channels_are_a_finding_not_a_crash(tmp_path: Path) -> None:
    verdict = verify_folder(loose(tmp_path, "a.wav", np.zeros((4800, 6))))
    assert found(verdict) == {"audio/opens:damaged"}
    assert "6 channels" in verdict.findings[0].message


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_32", "FLOAT"])
def test_word_lengths_that_we_do_not_make_are_measured(tmp_path: Path, subtype: str) -> None:
    tone = np.sin(np.arange(48_000) / 20)[:, None].repeat(2, 1) * 0.1
    verdict = verify_folder(loose(tmp_path, "a.wav", tone, subtype))
    assert found(verdict) == set()
    assert verdict.to_json()["tracks"][0]["sample_peak_dbfs"] == pytest.approx(-20, abs=0.3)


def test_samples_that_are_no_numbers_are_a_finding(tmp_path: Path) -> None:
    audio = np.zeros((4800, 2))
    audio[100] = np.nan
    assert found(verify_folder(loose(tmp_path, "a.wav", audio, "FLOAT"))) == {
        "audio/opens:damaged"
    }


def test_a_decoder_that_is_missing_is_no_damage(
    good: Good, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path) -> None:
        raise ToolError("ffmpeg", "is not there")

    monkeypatch.setattr(runner, "inspect_file", gone)
    with pytest.raises(ToolError):
        verify_folder(good("flac"))


# The verdict in words


def test_the_verdict_is_one_sentence(good: Good, promise: Change) -> None:
    folder = good("cd")
    n_checks = len(verify_folder(folder).checks)
    assert verify_folder(folder).sentence() == f"{folder}: {n_checks} checks, nothing found"
    promise(folder, "files", 0, "tracks", 0, "ceiling_dbtp", to=-30.0)
    assert verify_folder(folder).sentence() == f"{folder}: NOT FOR RELEASE: 1 failure"
    promise(folder, "waived", to={"tide:true_peak": "loud on purpose"})
    assert verify_folder(folder).sentence() == f"{folder}: {n_checks} checks, 1 waived"


def test_a_written_reason_waives_a_finding_of_its_track_alone(
    good: Good, promise: Change
) -> None:
    folder = good("flac")
    for number in (0, 1):
        promise(folder, "files", number, "tracks", 0, "ceiling_dbtp", to=-30.0)
    promise(folder, "waived", to={"tide:true_peak": "loud on purpose"})
    verdict = verify_folder(folder)
    assert {each.track: each.waived for each in verdict.findings} == {
        "tide": "loud on purpose",
        "undertow": "",
    }
    assert not verdict.is_released


def test_each_check_that_found_nothing_has_its_line(good: Good) -> None:
    folder = good("flac")
    (folder / "SEND" / "notes.txt").write_text("x")
    verdict = verify_folder(folder)
    lines = verdict.passed_lines()
    assert len(lines) == len(verdict.checks) - 1
    assert "ok    every lossless track decodes to the very samples that were rendered" in lines


def test_the_verdict_ends_with_what_was_not_checked(good: Good) -> None:
    folder = good("mp3")
    (folder / "SEND" / "notes.txt").write_text("x")
    told = verify_folder(folder).not_checked
    assert told[0] == "the sound of lossy files beyond length, loudness and peaks"
    assert told[-1] == "what is in notes.txt"


def test_a_verdict_is_json_with_stable_keys(good: Good) -> None:
    data = json.loads(json.dumps(verify_folder(good("cd")).to_json(), allow_nan=False))
    assert list(data) == [
        "folder", "severity", "is_released", "checks", "findings", "not_checked", "tracks",
    ]  # fmt: skip
    first = data["tracks"][0]
    assert (first["track"], first["number"], first["n_samples"]) == ("tide", 1, 198_156)
    assert -20 < first["integrated_lufs"] < -10
    assert "energies" not in first


def test_a_check_that_breaks_is_the_worst_verdict(
    good: Good, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(package: object) -> list[Finding]:
        raise ZeroDivisionError

    broken = replace(GENERAL[0], run=breaks)
    monkeypatch.setattr(runner, "GENERAL", (broken,))
    verdict = verify_folder(good("wav"))
    assert verdict.severity is Severity.CRASH
    assert not verdict.is_released
