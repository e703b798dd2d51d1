"""The command as a user meets it: words, JSON, exit statuses, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline import cli
from pipeline.spec.loader import load

if TYPE_CHECKING:
    from tests.conftest import Album, MakeMix, NewAlbum

FINE, CHECK_FAILED, WRONG_SPEC, BAD_SOURCE, DELIVERY = 0, 1, 2, 3, 6


@dataclass(frozen=True, slots=True)
class Said:
    """What a command has said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in a folder: ``run(folder, "plan", "--json")``."""

    def run_in(folder: Path, *arguments: str) -> Said:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["glassmaster", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert "Traceback" not in captured.out + captured.err
        assert "bug of Glassmaster" not in captured.err
        return Said(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run_in


# --- what is wrong with a spec ----------------------------------------------------------------

HEAD = "album: {title: T, artist: A}\n"
TRACK = "tracks: {one: {title: One, mix: mixes/dawn.wav}}\n"
BROKEN_SPECS = {
    "nothing": "",
    "a list": "- a\n- b\n",
    "not YAML": "album: {title: T\ntracks: [",
    "a tab": "album:\n\ttitle: T\n",
    "no tracks": HEAD,
    "empty tracks": HEAD + "tracks: {}\n",
    "no title": "album: {artist: A}\n" + TRACK,
    "unknown key": HEAD + TRACK + "colour: red\n",
    "duplicate key": HEAD + HEAD + TRACK,
    "duplicate track": HEAD
    + "tracks:\n  a: {title: A, mix: a.wav}\n  a: {title: B, mix: b.wav}\n",
    "wrong type": HEAD + "tracks: [one, two]\n",
    "no unit": HEAD + TRACK + "limiter: {ceiling: -1}\n",
    "wrong unit": HEAD + TRACK + "limiter: {ceiling: -1 LUFS}\n",
    "typographic minus": HEAD + TRACK + "level: {match: integrated, at: −14 LUFS}\n",
    "decimal comma": HEAD + TRACK + "defaults: {gap: '1,5 s'}\n",
    "no mix": HEAD + "tracks: {one: {title: One}}\n",
    "mix and master": HEAD + "tracks: {one: {title: One, mix: a.wav, master: b.wav}}\n",
    "wrong ISRC": HEAD + "tracks: {one: {title: One, mix: a.wav, isrc: USRC1760783}}\n",
    "wrong UPC": HEAD + TRACK + "products: {cd: {upc: 9526000000014}}\n",
    "unknown processor": HEAD + TRACK + "album_chain: [{fuzz: {}}]\n",
    "unknown partner": HEAD + "tracks: {a: {title: A, mix: a.wav, segue_from: b}}\n",
    "partner behind": HEAD
    + "tracks:\n  a: {title: A, mix: a.wav, segue_from: b}\n  b: {title: B, mix: b.wav}\n",
    "unknown kind": HEAD + TRACK + "deliverables: {x: {kind: cassette}}\n",
    "unknown product": HEAD + TRACK + "deliverables: {x: {kind: cd_image, product: cd}}\n",
    "unknown edition": HEAD + TRACK + "deliverables: {x: {kind: cd_image, edition: lp}}\n",
    "outside name": HEAD + TRACK + "deliverables: {../x: {kind: cd_image}}\n",
    "aim without a level": HEAD + TRACK + "level: {match: integrated}\n",
    "rate off the grid": HEAD + TRACK + "album: {sample_rate: 44.056 kHz}\n",
    "long crossfade": HEAD
    + "tracks:\n  a: {title: A, mix: mixes/dawn.wav}\n"
    + "  b: {title: B, mix: mixes/dusk.wav, crossfade_from: a, crossfade: 60 s}\n",
}


@pytest.mark.parametrize("what", BROKEN_SPECS)
@pytest.mark.parametrize("command", ["check", "build"])
def test_a_wrong_spec_is_told_with_its_place(
    new_album: NewAlbum, run: Run, what: str, command: str
) -> None:
    album = new_album(BROKEN_SPECS[what])
    said = run(album.folder, command)
    assert said.status == WRONG_SPEC, said
    assert re.search(r"^\S*album\.yaml:\d+:\d+: ", said.err, re.MULTILINE), said.err
    assert not album.out.exists()


def test_all_problems_are_told_at_once(new_album: NewAlbum, run: Run) -> None:
    album = new_album(
        "album: {titel: T, artist: A}\n"
        "limiter: {ceiling: -1 LUFS}\n"
        "tracks:\n"
        "  one: {title: One, mix: mixes/dawn.wav, isrc: USRC1760783, gap: 2}\n"
    )
    said = run(album.folder, "build")
    assert said.status == WRONG_SPEC
    places = re.findall(r"album\.yaml:(\d+):\d+: ", said.err)
    assert set(places) == {"1", "2", "4"}
    assert len(places) >= 5  # titel, no title, ceiling, isrc, gap


def test_a_spec_that_is_not_there_is_told(tmp_path: Path, run: Run) -> None:
    said = run(tmp_path, "build")
    assert said.status == WRONG_SPEC
    assert "album.yaml" in said.err


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\x01", b"\x00" * 64, b"album: \xe9\n"])
def test_a_spec_that_is_no_text_is_told(tmp_path: Path, run: Run, data: bytes) -> None:
    (tmp_path / "album.yaml").write_bytes(data)
    said = run(tmp_path, "check")
    assert said.status == WRONG_SPEC
    assert "album.yaml" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("build", "--fast"),
        ("build", "cassette"),
        ("build", "--jobs", "0"),
        ("relock", "nobody"),
        ("verify",),
        ("init",),
        ("store", "prune", "--budget", "-1"),
    ],
)
def test_wrong_usage_is_status_two(album: Album, run: Run, arguments: tuple[str, ...]) -> None:
    said = run(album.folder, *arguments)
    assert said.status == WRONG_SPEC, said
    assert said.err


# --- what is wrong with files -----------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"not audio at all " * 64], ids=["empty", "header", "text"]
)
def test_a_mix_that_cannot_be_used_is_status_three(
    new_album: NewAlbum, run: Run, data: bytes
) -> None:
    album = new_album()
    album.mix("noon").write_bytes(data)
    for command in ("check", "build", "plan"):
        said = run(album.folder, command)
        assert said.status == BAD_SOURCE, said
        assert "noon.wav" in said.err
    assert not album.out.exists()


def test_an_edited_output_is_status_six(album: Album, run: Run) -> None:
    (album.out / "cd" / "papers" / "label-copy.txt").write_text("mine\n", encoding="utf-8")
    said = run(album.folder, "build")
    assert said.status == DELIVERY
    assert "--overwrite" in said.err


def test_a_cover_that_is_none_is_told(album: Album, run: Run) -> None:
    (album.folder / "cover.png").write_bytes(b"no picture")
    album.change("label: Bench", "label: Bench, artwork: cover.png")
    said = run(album.folder, "build")
    assert said.status == BAD_SOURCE
    assert "cover.png" in said.err


def _a_file_where_outputs_go(album: Album) -> None:
    shutil.rmtree(album.out)
    album.out.write_text("not a folder", encoding="utf-8")


def _a_file_where_one_output_goes(album: Album) -> None:
    shutil.rmtree(album.out / "cd")
    (album.out / "cd").write_text("not a folder", encoding="utf-8")


def _a_file_where_the_store_goes(album: Album) -> None:
    shutil.rmtree(album.store)
    album.store.write_text("not a folder", encoding="utf-8")


def _a_folder_where_a_mix_goes(album: Album) -> None:
    album.mix("noon").unlink()
    album.mix("noon").mkdir()


def _a_folder_where_the_lock_goes(album: Album) -> None:
    (album.folder / "album.lock").unlink()
    (album.folder / "album.lock").mkdir()


def _a_folder_where_the_spec_goes(album: Album) -> None:
    album.spec.unlink()
    album.spec.mkdir()


def _a_folder_where_the_report_goes(album: Album) -> None:
    (album.out / "reports" / "album.html").unlink()
    (album.out / "reports" / "album.html").mkdir()


def _a_link_that_leads_nowhere(album: Album) -> None:
    album.mix("noon").unlink()
    album.mix("noon").symlink_to(album.folder / "nowhere.wav")


def _an_ffmpeg_that_is_none(album: Album) -> None:
    shutil.rmtree(album.store)
    os.environ["GLASSMASTER_FFMPEG"] = "/nowhere/ffmpeg"


@pytest.mark.parametrize(
    ("harm", "statuses"),
    [
        (_a_file_where_outputs_go, {5, 6}),
        (_a_file_where_one_output_goes, {0, 5, 6}),
        (_a_file_where_the_store_goes, {5}),
        (_a_folder_where_a_mix_goes, {3}),
        (_a_folder_where_the_lock_goes, {5}),
        (_a_folder_where_the_spec_goes, {2}),
        (_a_folder_where_the_report_goes, {5}),
        (_a_link_that_leads_nowhere, {3}),
        (_an_ffmpeg_that_is_none, {4}),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_what_stands_in_the_way_is_told(
    album: Album,
    run: Run,
    harm: Callable[[Album], None],
    statuses: set[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GLASSMASTER_FFMPEG", "")  # put back as it was, whatever `harm` sets
    monkeypatch.delenv("GLASSMASTER_FFMPEG")
    harm(album)
    said = run(album.folder, "build")
    assert said.status in statuses, said
    assert said.status == FINE or said.err.strip()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"lock_version": 99}', "\x00"])
def test_a_lock_that_is_none_is_told(album: Album, run: Run, text: str) -> None:
    (album.folder / "album.lock").write_text(text, encoding="utf-8")
    said = run(album.folder, "build")
    assert said.status == 5
    assert "album.lock" in said.err


def test_a_manifest_that_is_none_is_told_or_mended(album: Album, run: Run) -> None:
    (album.out / "cd" / "manifest.json").write_text("{}", encoding="utf-8")
    said = run(album.folder, "verify", "out/cd")
    assert said.status == 5
    assert "manifest" in said.err
    assert run(album.folder, "build").status == DELIVERY
    assert run(album.folder, "build", "--overwrite").status == FINE


@pytest.mark.parametrize("name", ["last-build.json", "published/cd.measured"])
def test_notes_in_the_store_that_are_damaged_stop_nothing(
    album: Album, run: Run, name: str
) -> None:
    (album.store / name).write_text('{"half', encoding="utf-8")
    said = run(album.folder, "build", "--overwrite")
    assert said.status == FINE, said


def test_a_journal_that_is_damaged_is_told(album: Album, run: Run) -> None:
    (album.store / "published" / "cd.json").write_text('{"half', encoding="utf-8")
    said = run(album.folder, "build")
    assert said.status == 5
    assert "cd.json" in said.err


def test_an_index_that_is_damaged_is_set_aside(album: Album, run: Run) -> None:
    (album.store / "index.sqlite").write_bytes(b"no database" * 100)
    said = run(album.folder, "build")
    assert said.status == FINE, said
    assert "index" in said.err


# --- the commands -----------------------------------------------------------------------------


def test_build_ends_with_one_sentence(album: Album, run: Run) -> None:
    said = run(album.folder, "build")
    assert said.status == FINE
    last = said.out.splitlines()[-1]
    assert last == "nothing is new; 4 of 4 tracks are sample-identical to the last build"


def test_build_that_is_held_is_status_one(album: Album, run: Run, make_mix: MakeMix) -> None:
    audio = np.clip(np.random.default_rng(1).normal(0.0, 3.0, (44_100 * 5, 2)), -1.0, 1.0)
    import soundfile

    soundfile.write(album.mix("noon"), audio, 44_100, "PCM_24")
    said = run(album.folder, "build")
    assert said.status == CHECK_FAILED
    assert "NOT FOR RELEASE" in said.out
    assert run(album.folder, "build").status == CHECK_FAILED
    assert run(album.folder, "check").status == CHECK_FAILED
    assert run(album.folder, "verify", "out/cd").status == CHECK_FAILED


def test_quiet_build_says_one_line_at_most(album: Album, run: Run) -> None:
    said = run(album.folder, "build", "--quiet")
    assert said.status == FINE
    assert said.err == ""
    assert len(said.out.splitlines()) <= 1


def test_plan_says_what_would_be_done_and_why(
    album: Album, run: Run, make_mix: MakeMix
) -> None:
    make_mix(album.mix("noon"), 4.4, 44_100, seed=77)
    before = album.snapshot()
    said = run(album.folder, "plan", "--json")
    assert said.status == FINE
    assert album.snapshot() == before
    steps = {each["name"]: each for each in said.json["steps"]}
    assert steps["noon/master"]["status"] == "run"
    assert steps["noon/master"]["reason"]["code"] == "input_changed"
    waiting = {name for name, each in steps.items() if each["status"] == "waits"}
    assert "noon/render@album-48000" in waiting
    assert all(name.startswith("noon/") for name in waiting)
    assert steps["dawn/master"]["status"] == "reuse"
    assert steps["dawn/master"]["reason"] is None
    words = run(album.folder, "plan").out
    assert re.search(r"^run +noon/master +mix changed$", words, re.MULTILINE), words


def test_plan_says_every_db_it_would_change(album: Album, run: Run) -> None:
    gain_db = album.lock.edition("base").levels["dawn"].gain_db
    words = run(album.folder, "plan").out
    dawn = words[words.index("dawn:") : words.index("noon:")]
    assert f"level: gain {gain_db:+.2f} dB (locked" in dawn
    assert "ceiling -1 dBTP" in dawn
    assert "gain: -1 dB" in dawn  # its chain
    assert "nothing to do" in words
    (change,) = (
        each
        for each in run(album.folder, "plan", "--json").json["changes"]
        if each["track"] == "dawn"
    )
    assert change["gain_db"] == gain_db
    assert change["is_frozen"] is True


def test_what_init_left_open_is_not_for_release(album: Album, run: Run) -> None:
    album.change("artist: The Testers", "artist: TODO artist")
    said = run(album.folder, "check")
    assert said.status == CHECK_FAILED
    assert "album.yaml still says 'TODO artist'" in said.out


def _offset(album: Album, name: str, offset: float) -> None:
    import soundfile

    audio, rate = soundfile.read(album.mix(name), always_2d=True)
    soundfile.write(album.mix(name), audio + offset, rate, "PCM_24")


def test_check_gives_each_mix_its_verdict_and_writes_the_page(album: Album, run: Run) -> None:
    _offset(album, "noon", 0.02)
    said = run(album.folder, "check")
    assert said.status == CHECK_FAILED
    assert re.search(r"^ +1  Dawn +ready ", said.out, re.MULTILINE)
    assert re.search(r"^ +2  Noon +FIX IN THE MIX ", said.out, re.MULTILINE)
    assert said.out.splitlines()[-1] == "page to send on: out/reports/intake.html"
    page = (album.out / "reports" / "intake.html").read_text(encoding="utf-8")
    assert "direct current" in page
    mixes = run(album.folder, "check", "--json").json["mixes"]
    assert [each["verdict"] for each in mixes] == ["ready", "fix in the mix", "ready", "ready"]


def test_a_reason_lets_a_mix_pass_and_is_printed_everywhere(album: Album, run: Run) -> None:
    _offset(album, "noon", 0.02)
    album.change("{title: Noon,", "{title: Noon, intent: {dc_offset: a broken desk}, ")
    said = run(album.folder, "check")
    assert said.status == FINE
    assert "waived: a broken desk" in said.out
    found = run(album.folder, "check", "--json").json["findings"]
    assert "a broken desk" in {each["waived"] for each in found}
    page = (album.out / "reports" / "intake.html").read_text(encoding="utf-8")
    assert "a broken desk" in page


def test_a_strictness_loosens_a_failure_and_says_so_everywhere(album: Album, run: Run) -> None:
    _offset(album, "noon", 0.02)
    album.change("tracks:", "strictness: demo\ntracks:")
    said = run(album.folder, "check")
    assert said.status == FINE
    assert "loosened by strictness: demo" in " ".join(said.out.split())
    found = run(album.folder, "check", "--json").json
    assert found["strictness"] == "demo"
    assert any(each["loosened"] for each in found["findings"])
    page = (album.out / "reports" / "intake.html").read_text(encoding="utf-8")
    assert "strictness: demo" in page


def test_check_all_names_every_finding(album: Album, run: Run) -> None:
    found = run(album.folder, "check", "--json").json["findings"]
    words = " ".join(run(album.folder, "check", "--all").out.split())
    assert all(each["message"] in words for each in found)


def test_an_mp3_is_no_mix_but_for_a_demo(album: Album, run: Run) -> None:
    import soundfile

    audio, rate = soundfile.read(album.mix("noon"), always_2d=True)
    path = album.mix("noon").with_suffix(".ogg")
    soundfile.write(path, audio, rate, format="OGG", subtype="VORBIS")
    album.change("mix: mixes/noon.wav", "mix: mixes/noon.ogg")
    assert run(album.folder, "check").status == BAD_SOURCE
    album.change("tracks:", "strictness: demo\ntracks:")
    said = run(album.folder, "check")
    assert said.status == FINE
    assert "lossy" in said.out


def test_a_reason_for_a_check_that_does_not_exist_is_told(album: Album, run: Run) -> None:
    album.change("{title: Dawn,", "{title: Dawn, intent: {low_ent: meant so}, ")
    said = run(album.folder, "check")
    assert said.status == FINE
    assert "intent 'low_ent' waives nothing" in said.out


def test_plan_says_which_files_a_title_changes(album: Album, run: Run) -> None:
    planned = run(album.folder, "plan", "--json").json["deliverables"]
    assert {each["status"] for each in planned} == {"unchanged"}
    album.change("title: Dawn", "title: Daybreak")
    words = run(album.folder, "plan").out
    assert "nothing to do" in words
    assert "lossless: 1 of 4 files made again, by no audio step" in words.splitlines()


def test_plan_names_a_setting_that_changed(album: Album, run: Run) -> None:
    album.change("chain: [{gain: -1 dB}]", "chain: [{gain: -2 dB}]")
    words = run(album.folder, "plan").out
    (line,) = (each for each in words.splitlines() if re.match("run +dawn/master", each))
    assert "-1" in line
    assert "-2" in line


def test_relock_dry_run_writes_nothing(album: Album, run: Run) -> None:
    album.change("at: -12 LUFS", "at: -16 LUFS")
    before = album.snapshot()
    said = run(album.folder, "relock", "--dry-run")
    assert said.status == FINE
    assert "nothing is written" in said.out
    assert album.snapshot() == before


def test_relock_decides_one_track_and_leaves_the_others(
    album: Album, run: Run, make_mix: MakeMix
) -> None:
    make_mix(album.mix("noon"), 4.4, 44_100, seed=77)
    album.change("noon:  {title: Noon,", "noon:  {title: Noon, level: as_mixed,")
    assert run(album.folder, "build").status == FINE
    kept = album.lock.edition("base").levels
    album.change("noon:  {title: Noon, level: as_mixed,", "noon:  {title: Noon,")
    said = run(album.folder, "relock", "noon")
    assert said.status == FINE
    assert "the lock is written" in said.out
    now = album.lock.edition("base").levels
    assert now["noon"].limited_lufs == pytest.approx(-12.0, abs=0.05)
    for track in ("dawn", "dusk", "night"):
        assert now[track] == kept[track]


def test_verify_works_on_a_folder_alone_and_ends_with_what_it_did_not_check(
    album: Album, run: Run, tmp_path: Path
) -> None:
    alone = tmp_path / "alone" / "cd"
    shutil.copytree(album.out / "cd", alone)
    said = run(tmp_path, "verify", str(alone))
    assert said.status == FINE
    assert said.out.splitlines()[-1].startswith("not checked: ")


def test_verify_finds_what_was_tampered_with(album: Album, run: Run) -> None:
    path = album.file_of("lossless", "noon")
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    said = run(album.folder, "verify", "out/lossless")
    assert said.status == CHECK_FAILED
    assert "Noon" in said.out


def test_verify_of_nothing_is_told(tmp_path: Path, run: Run) -> None:
    assert run(tmp_path, "verify", "out/cd").status in (CHECK_FAILED, WRONG_SPEC)


def test_store_size_and_prune_keep_what_the_last_build_needs(album: Album, run: Run) -> None:
    said = run(album.folder, "store", "size")
    assert said.status == FINE
    assert "MB" in said.out
    size = run(album.folder, "store", "size", "--json").json
    assert size["size_bytes"] >= size["needed_bytes"] > 0
    assert run(album.folder, "store", "prune").status == FINE
    assert run(album.folder, "store", "size", "--json").json["needed_bytes"] > 0
    album.build()
    assert album.heard.steps == []


def test_store_without_a_build_is_told(new_album: NewAlbum, run: Run) -> None:
    album = new_album()
    assert run(album.folder, "store", "size").status == WRONG_SPEC
    assert not album.store.exists()


def test_init_writes_a_spec_that_builds_and_never_overwrites(
    new_album: NewAlbum, run: Run
) -> None:
    album = new_album()
    album.spec.unlink()
    said = run(album.folder, "init", "mixes")
    assert said.status == FINE
    text = album.text
    assert "TODO" in text
    assert run(album.folder, "init", "mixes").status == WRONG_SPEC
    assert album.text == text
    built = run(album.folder, "build", "stores")
    assert built.status in (FINE, CHECK_FAILED), built
    assert (album.out / "stores" / "manifest.json").exists()


def test_the_intake_sheet_goes_out_and_comes_back(new_album: NewAlbum, run: Run) -> None:
    album = new_album()
    album.spec.unlink()
    assert run(album.folder, "init").status == WRONG_SPEC
    assert run(album.folder, "init", "--intake-sheet").status == WRONG_SPEC
    said = run(album.folder, "init", "mixes", "--intake-sheet")
    assert (said.status, said.out.splitlines()[-1]) == (
        FINE,
        "glassmaster init MIXES --from-sheet intake-sheet.txt",
    )
    sheet = album.folder / "intake-sheet.txt"
    blank = sheet.read_text(encoding="utf-8")
    assert run(album.folder, "init", "mixes", "--intake-sheet").status == WRONG_SPEC
    answered = blank.replace("title: dusk\n", "title: Late Dusk\nmixxer: Ada\n")
    sheet.write_text(answered, encoding="utf-8")
    said = run(album.folder, "init", "mixes", "--from-sheet", "intake-sheet.txt")
    assert said.status == FINE
    assert said.err.startswith("intake-sheet.txt:")
    assert "title: Late Dusk" in album.text
    assert "# mixxer: Ada" in album.text
    again = run(album.folder, "init", "mixes", "--from-sheet", "intake-sheet.txt")
    assert again.status == WRONG_SPEC
    sheet.unlink()
    assert run(album.folder, "init", "--intake-sheet").status == FINE
    assert "title: Late Dusk\n" in sheet.read_text(encoding="utf-8")


def test_a_preset_is_printed_and_written_line_by_line(new_album: NewAlbum, run: Run) -> None:
    album = new_album()
    album.spec.unlink()
    printed = run(album.folder, "preset", "warm").out
    assert "warm" in run(album.folder, "preset").out
    assert run(album.folder, "init", "mixes", "--preset", "warm").status == FINE
    assert printed in album.spec.read_text(encoding="utf-8")
    album.spec.unlink()
    assert run(album.folder, "init", "mixes", "--preset", "wram").status == WRONG_SPEC
    assert not album.spec.exists()


def test_check_tells_what_would_be_sent_back_with_its_place(
    new_album: NewAlbum, run: Run
) -> None:
    album = new_album()
    album.change("title: Noon,", "title: Noon - Live,")
    said = " ".join(run(album.folder, "check", "--all").out.split())
    assert "services write 'Noon - Live' as 'Noon (Live)' (album.yaml:9:18)" in said
    album.change("upc: 9526000000013", "upc: 2012345678903")
    assert run(album.folder, "check").status == CHECK_FAILED
    assert "2012345678903 is kept for use inside shops" in run(album.folder, "plan").out


def test_schema_is_json_and_allows_the_example(run: Run, tmp_path: Path) -> None:
    schema = run(tmp_path, "schema").json
    assert schema["type"] == "object"
    assert {"album", "tracks", "deliverables"} <= set(schema["properties"])


def test_proof_renders_each_seam(album: Album, run: Run) -> None:
    said = run(album.folder, "build", "--proof")
    assert said.status == FINE
    paths = [album.folder / line for line in said.out.splitlines()]
    assert len(paths) == 3
    assert all(path.exists() and path.suffix == ".wav" for path in paths)
    assert (album.out / "cd" / "SEND").is_dir()


JSON_KEYS = {
    ("check",): {
        "title",
        "artist",
        "sample_rate_hz",
        "strictness",
        "mixes",
        "remarks",
        "findings",
        "comparison",
    },
    ("plan",): {"changes", "deliverables", "findings", "steps"},
    ("build",): {
        "report_version",
        "title",
        "artist",
        "label",
        "release_date",
        "revision",
        "is_released",
        "summary",
        "editions",
        "deliverables",
        "findings",
        "remarks",
        "ran",
        "reused",
    },
    ("build", "--proof"): {"seams"},
    ("relock", "--dry-run"): {"moved", "unchanged", "is_written"},
    ("store", "size"): {"n_objects", "size_bytes", "needed_objects", "needed_bytes"},
    ("store", "prune"): {"n_objects", "freed_bytes", "left_bytes"},
}


@pytest.mark.parametrize("command", JSON_KEYS, ids=" ".join)
def test_json_has_stable_keys_and_nothing_beside_it(
    album: Album, run: Run, command: tuple[str, ...]
) -> None:
    said = run(album.folder, *command, "--json")
    assert said.status == FINE
    assert set(said.json) == JSON_KEYS[command]


def test_verify_json_has_a_verdict_for_each_path(album: Album, run: Run) -> None:
    verdicts = run(album.folder, "verify", "out/cd", "out/lossless", "--json").json
    assert [Path(each["folder"]).name for each in verdicts] == ["cd", "lossless"]
    wanted = {
        "folder",
        "severity",
        "is_released",
        "checks",
        "findings",
        "not_checked",
        "tracks",
    }
    for each in verdicts:
        assert wanted <= set(each)


# --- measuring --------------------------------------------------------------------------------


def test_measure_needs_no_spec_and_prints_a_sheet(
    run: Run, mixes: Path, tmp_path: Path
) -> None:
    said = run(tmp_path, "measure", str(mixes / "dawn.wav"))
    assert said.status == FINE, said
    assert "LUFS integrated" in said.out
    assert "1000 Hz" in said.out


def test_measure_prints_json_and_csv(run: Run, mixes: Path, tmp_path: Path) -> None:
    files = [str(mixes / f"{name}.wav") for name in ("dawn", "dusk")]
    found = run(tmp_path, "measure", "--json", "--album", "--quick", *files).json
    assert [each["file"] for each in found["files"]] == files
    assert found["album"]["n_files"] == 2
    rows = run(tmp_path, "measure", "--csv", "--quick", *files).out.splitlines()
    assert len(rows) == 3
    assert rows[0].startswith("file,codec,sample_rate_hz")


def test_measure_draws(run: Run, mixes: Path, tmp_path: Path) -> None:
    said = run(tmp_path, "measure", "--quick", "--plot", "out.svg", str(mixes / "dawn.wav"))
    assert said.status == FINE
    assert (tmp_path / "out.svg").read_text().startswith("<svg ")


def test_what_cannot_be_measured_is_told_and_the_rest_is_measured(
    run: Run, mixes: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no sound\n")
    said = run(tmp_path, "measure", "--quick", "notes.txt", str(mixes / "dawn.wav"))
    assert said.status == BAD_SOURCE
    assert said.err.startswith("notes.txt: holds no sound that can be read: ")
    assert "LUFS integrated" in said.out


@pytest.mark.parametrize("options", [("--json", "--csv"), ("--curves",)])
def test_options_of_measure_that_exclude_each_other(
    run: Run, mixes: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    said = run(tmp_path, "measure", *options, str(mixes / "dawn.wav"))
    assert said.status == WRONG_SPEC
    assert "hint: " in said.err


@pytest.mark.parametrize(
    "command",
    [
        ("init",),
        ("check",),
        ("plan",),
        ("build",),
        ("relock",),
        ("verify",),
        ("measure",),
        ("schema",),
        ("store", "size"),
        ("store", "prune"),
    ],
    ids=" ".join,
)
def test_help_has_an_example(tmp_path: Path, run: Run, command: tuple[str, ...]) -> None:
    said = run(tmp_path, *command, "--help")
    assert said.status == FINE
    assert "Example: glassmaster " + " ".join(command) in said.out


def test_the_command_itself_starts_light() -> None:
    code = (
        "import sys; sys.argv = ['glassmaster', '--help']\n"
        "import pipeline.cli as cli\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'numba', 'scipy', 'soundfile', 'pydantic', 'fpdf'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_a_build_with_nothing_to_do_imports_no_signal_processing_and_no_printer(
    album: Album,
) -> None:
    code = (
        f"import sys; sys.argv = ['glassmaster', 'build', '-f', {str(album.spec)!r}]\n"
        "import pipeline.cli as cli\n"
        "try:\n    cli.main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "heavy = {'numba', 'scipy', 'soxr', 'fpdf', 'fontTools'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_the_example_loads(run: Run) -> None:
    from pipeline.master.registry import parameters

    example = Path(__file__).parents[2] / "album.yaml.example"
    assert load(example, processors=parameters()).spec.album.title
