"""DDP filesets of ours and of others, whole and tampered with."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from formats.checksums import encode_checksums, file_digest
from formats.ddp.export import EXPORTS
from formats.ddp.image import silence
from formats.ddp.reader import disc_of, read_fileset
from formats.ddp.writer import CUE2DDP, write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack
from pipeline.errors import VerifyFailed
from pipeline.findings import Severity
from pipeline.manifest import MANIFEST_NAME
from pipeline.verify.package import open_package
from pipeline.verify.runner import Verdict, judge, verify_folder

Good = Callable[[str], Path]
Change = Callable[..., None]
RECORDS = ("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN")
N_CHANGES = 500
FOREIGN = Disc(
    (
        DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 150)), "GBAAA2600001"),
        DiscTrack(2, (DiscIndex(0, 600), DiscIndex(1, 750))),
    ),
    1_200,
    "5012345678900",
)


def found(verdict: Verdict) -> set[str]:
    return {f"{finding.check}:{finding.code}" for finding in verdict.findings}


def fileset_in(folder: Path) -> Path:
    (ddpid,) = (folder / "SEND").rglob("DDPID")
    return ddpid.parent


def make_lists(folder: Path, *, image_md5: str) -> None:
    """Let checksums and manifest promise the records as they are now."""
    fileset = fileset_in(folder)
    sums = {name: file_digest(fileset / name, "md5") for name in RECORDS}
    (fileset / "CHECKSUM.MD5").write_bytes(encode_checksums(sums | {"IMAGE.DAT": image_md5}))
    path = folder / MANIFEST_NAME
    data = json.loads(path.read_text(encoding="utf-8"))
    data["files"] = [each for each in data["files"] if each["format"] != "zip"]
    for file in data["files"]:
        if not file["name"].endswith("IMAGE.DAT"):
            content = (folder / "SEND" / file["name"]).read_bytes()
            file["size_bytes"] = len(content)
            file["sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize("lists_fit", [False, True])
def test_a_changed_byte_of_a_record_is_found_whoever_makes_the_lists_anew(
    good: Good, *, lists_fit: bool
) -> None:
    folder, rng = good("ddp"), random.Random(7)
    for path in (folder / "SEND").glob("*.zip"):
        path.unlink()
    fileset = fileset_in(folder)
    image_md5 = file_digest(fileset / "IMAGE.DAT", "md5")
    make_lists(folder, image_md5=image_md5)
    written = disc_of(read_fileset(fileset))
    missed = []
    places = [(name, at) for name in RECORDS for at in range((fileset / name).stat().st_size)]
    for name, at in rng.sample(places, N_CHANGES):
        good_bytes = (fileset / name).read_bytes()
        value = rng.choice([each for each in range(256) if each != good_bytes[at]])
        spoilt = good_bytes[:at] + bytes([value]) + good_bytes[at + 1 :]
        (fileset / name).write_bytes(spoilt)
        if lists_fit:
            make_lists(folder, image_md5=image_md5)
        verdict = judge(open_package(folder))
        if lists_fit:
            # What nothing tells of must carry no meaning: the disc is the one that was written.
            is_caught = bool(verdict.findings) or disc_of(read_fileset(fileset)) == written
        else:
            is_caught = "files/intact:hash" in found(verdict)
        if not is_caught:
            missed.append((name, at, good_bytes[at], value))
        (fileset / name).write_bytes(good_bytes)
    assert missed == []


def test_a_fileset_of_another_program_is_checked_without_a_manifest(tmp_path: Path) -> None:
    write_fileset(tmp_path / "x", FOREIGN, silence(1_200), dialect=CUE2DDP)
    verdict = verify_folder(tmp_path / "x")
    assert found(verdict) == set()
    assert {"ddp/structure", "ddp/checksums", "cd/marks"} <= {
        each.id for each in verdict.checks
    }
    assert [piece.index for piece in verdict.package.facts] == [0, 1]
    assert [track["number"] for track in verdict.to_json()["tracks"]] == [1, 2]
    assert verdict.not_checked[0].startswith("whether this is what was ordered")


@pytest.mark.parametrize("name", ["DDPID", "DDPMS", "ddpid"])
def test_a_file_that_marks_a_fileset_stands_for_it(tmp_path: Path, name: str) -> None:
    write_fileset(tmp_path / "x", FOREIGN, silence(1_200))
    if name.islower():
        (tmp_path / "x" / "DDPID").rename(tmp_path / "x" / name)
        (tmp_path / "x" / "CHECKSUM.MD5").unlink()
    verdict = verify_folder(tmp_path / "x" / name)
    assert not [each for each in verdict.findings if each.severity is Severity.FAIL]
    assert "ddp/structure" in {each.id for each in verdict.checks}


def test_an_image_that_is_gone_or_short_or_changed_fails(tmp_path: Path) -> None:
    write_fileset(tmp_path / "x", FOREIGN, silence(1_200))
    image = tmp_path / "x" / "IMAGE.DAT"
    with image.open("r+b") as file:
        file.seek(400_000)
        file.write(b"\1")
    assert found(verify_folder(tmp_path / "x")) == {"ddp/checksums:checksum-wrong"}
    with image.open("r+b") as file:
        file.truncate(2_352 * 700 + 1)
    assert {
        "ddp/structure:file-size",
        "cd/image_size:part",
        "cd/image_size:behind",
    } <= found(verify_folder(tmp_path / "x"))
    image.unlink()
    assert {"ddp/readable:no-image", "ddp/structure:file-missing"} <= found(
        verify_folder(tmp_path / "x")
    )


def test_a_fileset_without_checksums_is_a_warning(tmp_path: Path) -> None:
    write_fileset(tmp_path / "x", FOREIGN, silence(1_200))
    (tmp_path / "x" / "CHECKSUM.MD5").unlink()
    verdict = verify_folder(tmp_path / "x")
    assert found(verdict) == {"ddp/checksums:checksum-missing"}
    assert verdict.is_released


def test_what_is_no_fileset_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "DDPID").write_bytes(b"DDP 2.00" + bytes(7))
    (tmp_path / "DDPMS").write_bytes(b"\xff" * 128)
    verdict = verify_folder(tmp_path)
    assert found(verdict) == {"ddp/readable:unreadable"}


def test_sound_in_the_first_two_seconds_is_told(tmp_path: Path) -> None:
    sound = b"\1\0\1\0" * (1_200 * 588)
    write_fileset(tmp_path / "x", FOREIGN, [sound])
    assert found(verify_folder(tmp_path / "x")) == {"ddp/pause:sound"}


def test_sound_before_track_1_is_opened_as_number_0(tmp_path: Path) -> None:
    ghost = DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 500)))
    write_fileset(tmp_path / "x", Disc((ghost,), 1_200), silence(1_200))
    tracks = verify_folder(tmp_path / "x").to_json()["tracks"]
    assert [track["number"] for track in tracks] == [0, 1]


def test_a_zip_file_that_comes_back_is_unpacked_and_checked(good: Good) -> None:
    (sent,) = (good("ddp") / "SEND").glob("*.zip")
    verdict = verify_folder(sent)
    assert found(verdict) == set()
    assert "ddp/checksums" in {each.id for each in verdict.checks}
    assert len(verdict.package.facts) == 2
    assert verdict.sentence().startswith(str(sent))
    data = bytearray(sent.read_bytes())
    data[len(data) // 2] ^= 1
    sent.write_bytes(data)
    with pytest.raises(VerifyFailed, match="damaged"):
        verify_folder(sent)


def test_a_zip_file_that_is_not_what_lies_beside_it_fails(
    good: Good, promise: Change, tmp_path: Path
) -> None:
    folder = good("ddp")
    (sent,) = (folder / "SEND").glob("*.zip")
    other = tmp_path / "other"
    shutil.copytree(fileset_in(folder), other / fileset_in(folder).name)
    (other / fileset_in(folder).name / "DDPID").write_bytes(b"x" * 128)
    (other / "y").write_bytes(b"")
    made = shutil.make_archive(str(tmp_path / "made"), "zip", other)
    shutil.copy(made, sent)
    codes = found(verify_folder(folder))
    assert {"files/packed:differs", "files/packed:unknown", "files/intact:size"} <= codes


@pytest.mark.parametrize(
    ("what", "to", "code"),
    [
        ("mark_sectors", 151, "cd/places:moved"),
        ("pause_sectors", None, "cd/places:moved"),
        ("index_sectors", [400], "cd/places:moved"),
    ],
)
def test_a_mark_that_was_not_promised_fails(
    good: Good, promise: Change, what: str, to: object, code: str
) -> None:
    folder = good("ddp")
    data = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    at = next(n for n, each in enumerate(data["files"]) if each["tracks"])
    promise(folder, "files", at, "tracks", 0, what, to=to)
    assert found(verify_folder(folder)) == {code}


@pytest.mark.parametrize(
    ("tag", "to", "code"),
    [
        ("flags", "DCP", "cd/names:flags-differs"),
        ("isrc", "GBAAA2600099", "cd/names:isrc-differs"),
        ("cd_title", "Other", "cd/names:text-differs"),
        ("cd_performer", "Other", "cd/names:text-differs"),
    ],
)
def test_a_word_in_the_subcode_that_was_not_promised_fails(
    good: Good, promise: Change, tag: str, to: str, code: str
) -> None:
    folder = good("ddp")
    data = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    at = next(n for n, each in enumerate(data["files"]) if each["tracks"])
    promise(folder, "files", at, "tracks", 0, "tags", tag, to=to)
    assert found(verify_folder(folder)) == {code}


@pytest.mark.parametrize("kind", ["cd", "ddp"])
def test_an_id_of_other_marks_fails(good: Good, promise: Change, kind: str) -> None:
    folder = good(kind)
    data = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    at = next(n for n, each in enumerate(data["files"]) if each["tracks"])
    promise(folder, "files", at, "disc", "freedb_id", to="01234567")
    verdict = verify_folder(folder)
    assert found(verdict) == {"cd/identity:differs"}
    assert "freedb knows it as" in verdict.findings[0].message


@pytest.mark.parametrize("kind", ["wav+cue", "cue"])
def test_a_sheet_with_a_wav_file_is_a_disc_too(tmp_path: Path, kind: str) -> None:
    write_fileset(tmp_path / "x", FOREIGN, silence(1_200))
    EXPORTS[kind](tmp_path / "x", tmp_path / "out")
    verdict = verify_folder(tmp_path / "out")
    assert found(verdict) == set()
    assert {"cd/marks", "cd/track_length"} <= {each.id for each in verdict.checks}
    sheet = tmp_path / "out" / "disc.cue"
    sheet.write_text(sheet.read_text().replace("INDEX 01 00:08:00", "INDEX 01 00:13:00"))
    assert {"cd/track_length:too-short"} <= found(verify_folder(tmp_path / "out"))


def test_what_was_heard_of_a_disc_is_told_track_by_track(tmp_path: Path) -> None:
    sound = bytearray(1_200 * 2_352)
    sound[200 * 2_352 : 500 * 2_352] = b"\x00\x20\x00\x20" * (300 * 588)
    write_fileset(tmp_path / "x", FOREIGN, [bytes(sound)])
    head, first, second = verify_folder(tmp_path / "x").track_lines()
    assert "LUFS" in head
    # Track 1 lasts to the start of track 2, 600 sectors, of which 300 sound.
    assert first.split()[:2] == ["1", "0:08.000"]
    assert first.endswith("0.667 s, 3.333 s")
    assert second.split()[2:4] == ["-", "-inf"]


def test_of_files_nothing_is_told_track_by_track(good: Good) -> None:
    assert verify_folder(good("wav")).track_lines() == ()
