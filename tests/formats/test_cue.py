from __future__ import annotations

import contextlib
import pickle
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.cdtime import LAST_SECTOR
from formats.charsets import Loss, Swap
from formats.cue import CueError, CueFile, CueIndex, CueSheet, CueTrack, losses
from formats.errors import EncodeError, FormatError, UnsupportedError
from formats.wav import wav_header

Program = Callable[[str], str]

EXAMPLE = CueSheet(
    files=(
        CueFile(
            "disc.bin",
            (
                CueTrack(1, (CueIndex(1, 0),), "Slipway", "The Ferrymen", isrc="GBAAA2600001"),
                CueTrack(
                    2,
                    (CueIndex(0, 450), CueIndex(1, 525), CueIndex(2, 750)),
                    "Undertow",
                    isrc="GBAAA2600003",
                    flags=("DCP", "PRE"),
                ),
                CueTrack(3, (CueIndex(1, 1_125),), "Dry Dock", songwriter="A. Pilot"),
            ),
        ),
    ),
    catalog="5012345678900",
    title="Low Water",
    performer="The Ferrymen",
    rem=("GENRE Folk", "DATE 2026"),
)
EXAMPLE_TEXT = """\
REM GENRE Folk
REM DATE 2026
CATALOG 5012345678900
PERFORMER "The Ferrymen"
TITLE "Low Water"
FILE "disc.bin" BINARY
  TRACK 01 AUDIO
    ISRC GBAAA2600001
    TITLE "Slipway"
    PERFORMER "The Ferrymen"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    FLAGS DCP PRE
    ISRC GBAAA2600003
    TITLE "Undertow"
    INDEX 00 00:06:00
    INDEX 01 00:07:00
    INDEX 02 00:10:00
  TRACK 03 AUDIO
    TITLE "Dry Dock"
    SONGWRITER "A. Pilot"
    INDEX 01 00:15:00
"""
LATIN_1 = st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters='"\xad')
TEXTS = st.text(LATIN_1, max_size=12)


def of_tracks(*tracks: CueTrack) -> CueSheet:
    return CueSheet((CueFile("disc.bin", tracks),))


def with_track(**changes: Any) -> CueSheet:
    track = CueTrack(1, (CueIndex(1, 0),))
    return of_tracks(replace(track, **changes))


@st.composite
def tracks(draw: st.DrawFn, first: int) -> tuple[CueTrack, ...]:
    """Tracks of one file, their indexes at rising times."""
    counts = draw(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=4))
    n_indexes = sum(has_pause + 1 + more for has_pause, more in counts)
    times = draw(st.sets(st.integers(0, LAST_SECTOR), min_size=n_indexes, max_size=n_indexes))
    rising = iter(sorted(times))
    result = []
    for number, (has_pause, more) in enumerate(counts, start=first):
        numbers = range(0 if has_pause else 1, 2 + more)
        result.append(
            CueTrack(
                number=number,
                indexes=tuple(CueIndex(each, next(rising)) for each in numbers),
                title=draw(TEXTS),
                performer=draw(TEXTS),
                songwriter=draw(TEXTS),
                isrc=draw(
                    st.just("") | st.from_regex("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", fullmatch=True)
                ),
                flags=draw(st.sampled_from(((), ("DCP",), ("PRE", "DCP"), ("4CH", "SCMS")))),
                pregap_sectors=0 if has_pause else draw(st.integers(0, LAST_SECTOR)),
                postgap_sectors=draw(st.integers(0, LAST_SECTOR)),
                mode=draw(st.sampled_from(("AUDIO", "MODE1/2352"))),
                rem=tuple(draw(st.lists(TEXTS.map(str.strip), max_size=2))),
            )
        )
    return tuple(result)


@st.composite
def sheets(draw: st.DrawFn) -> CueSheet:
    files: list[CueFile] = []
    for _ in range(draw(st.integers(1, 3))):
        first = sum(len(file.tracks) for file in files) + 1
        name = draw(st.text(LATIN_1, min_size=1, max_size=12))
        kind = draw(st.sampled_from(("BINARY", "WAVE")))
        files.append(CueFile(name, draw(tracks(first)), kind))
    return CueSheet(
        files=tuple(files),
        catalog=draw(st.just("") | st.from_regex("[0-9]{13}", fullmatch=True)),
        title=draw(TEXTS),
        performer=draw(TEXTS),
        songwriter=draw(TEXTS),
        rem=tuple(draw(st.lists(TEXTS.map(str.strip), max_size=2))),
    )


# --- Writing and reading ---


def test_the_dialect_that_is_written() -> None:
    assert EXAMPLE.encode().decode("ascii") == EXAMPLE_TEXT


@given(sheets())
@settings(max_examples=40, deadline=None)
def test_a_sheet_survives_writing_and_reading(sheet: CueSheet) -> None:
    assert CueSheet.decode(sheet.encode(), charset="latin-1") == sheet
    assert losses(sheet) == ()


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_title_stays_in_its_line_and_what_changes_is_reported(text: str) -> None:
    sheet = replace(with_track(title=text, rem=(text,)), title=text)
    read = CueSheet.decode(sheet.encode(), charset="latin-1")
    lost = {loss.field: loss.written for loss in losses(sheet)}
    for field, value in (("TITLE", read.title), ("track 01 TITLE", read.tracks[0].title)):
        if field in lost:
            assert value == lost[field] != text
        else:
            assert value.encode("latin-1").decode("latin-1") == value
            assert len(value) <= len(text)
    assert len(read.tracks) == 1
    assert read.tracks[0].indexes == (CueIndex(1, 0),)


def test_what_latin_1_cannot_hold_is_listed_with_what_is_written() -> None:
    sheet = replace(EXAMPLE, title="“Łódź” – 日本", performer="Bjo\u0308rk", rem=('say "hi"',))
    (loss,) = losses(sheet)
    assert (loss.field, loss.text, loss.written) == ("TITLE", "“Łódź” – 日本", "'Lódz' - ??")
    assert [each.character for each in loss.swaps if each.is_unreadable] == ["日", "本"]
    text = sheet.encode().decode("latin-1")
    assert "TITLE \"'Lódz' - ??\"\n" in text
    assert 'PERFORMER "Björk"\n' in text
    assert 'REM say "hi"\n' in text


def test_double_quotes_and_line_ends_are_replaced_and_listed() -> None:
    sheet = with_track(title='The "B"\nside')
    swaps = (Swap('"', "'"), Swap("\n", " "))
    loss = Loss("track 01 TITLE", 'The "B"\nside', "The 'B' side", swaps)
    assert losses(sheet) == (loss,)


def test_bytes_are_latin_1_with_line_feeds_and_no_mark() -> None:
    data = replace(EXAMPLE, title="Ö").encode()
    assert b'TITLE "\xd6"\n' in data
    assert b"\r" not in data
    assert data.startswith(b"REM")


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (CueSheet(()), "numbered 1 to 99"),
        (of_tracks(), "numbered 1 to 99"),
        (CueSheet((*EXAMPLE.files, CueFile("b", ()))), "must have a track"),
        (of_tracks(CueTrack(2, (CueIndex(1, 0),))), "numbered 1 to 99"),
        (of_tracks(*(CueTrack(n + 1, (CueIndex(1, n),)) for n in range(100))), "1 to 99"),
        (with_track(indexes=()), "track 01: 'no INDEX' must be an INDEX 01"),
        (with_track(indexes=(CueIndex(0, 0),)), "track 01: 'INDEX 00' must be an INDEX 01"),
        (with_track(indexes=(CueIndex(1, 0), CueIndex(3, 9))), "'INDEX 03' must be INDEX 02"),
        (with_track(indexes=(CueIndex(1, 9), CueIndex(0, 0))), "'INDEX 00' must be INDEX 02"),
        (
            with_track(indexes=(CueIndex(0, 9), CueIndex(1, 9))),
            "'00:00:09' must be a time after",
        ),
        (
            with_track(indexes=(CueIndex(0, 9), CueIndex(1, 8))),
            "'00:00:08' must be a time after",
        ),
        (with_track(indexes=(CueIndex(1, -1),)), "99:59:74"),
        (with_track(indexes=(CueIndex(1, LAST_SECTOR + 1),)), "99:59:74"),
        (with_track(isrc="GB-AAA-26-00001"), "no hyphens"),
        (with_track(flags=("LOUD",)), "FLAGS"),
        (with_track(flags=("DCP", "SCMS")), "both DCP and SCMS"),
        (with_track(mode="AUDIO\n"), "mode"),
        (
            with_track(pregap_sectors=1, indexes=(CueIndex(0, 0), CueIndex(1, 1))),
            "beside an INDEX 00",
        ),
        (with_track(pregap_sectors=-1), "99:59:74"),
        (replace(EXAMPLE, catalog="012345678905"), "must be 13 digits"),
        (replace(EXAMPLE, files=(replace(EXAMPLE.files[0], name='a"b'),)), "FILE"),
        (replace(EXAMPLE, files=(replace(EXAMPLE.files[0], name="日本.bin"),)), "Latin-1"),
        (replace(EXAMPLE, files=(replace(EXAMPLE.files[0], name=""),)), "FILE"),
        (replace(EXAMPLE, files=(replace(EXAMPLE.files[0], kind="OGG"),)), "FILE type"),
    ],
)
def test_what_a_sheet_cannot_carry_is_refused(sheet: CueSheet, said: str) -> None:
    with pytest.raises(EncodeError, match=said):
        sheet.encode()


def test_indexes_rise_across_the_tracks_of_a_file_but_not_across_files() -> None:
    first, second = CueTrack(1, (CueIndex(1, 500),)), CueTrack(2, (CueIndex(1, 500),))
    with pytest.raises(EncodeError, match="track 02: '00:06:50' must be a time after"):
        of_tracks(first, second).encode()
    CueSheet((CueFile("a", (first,)), CueFile("b", (second,)))).encode()


# --- Sheets of other programs ---


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("    ", "\t").replace("  TRACK", "TRACK"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("INDEX", "index").replace("TRACK", "Track"),
        lambda text: re.sub(r'"(\w+)"\n', r"\1\n", text),
        lambda text: text.replace('"disc.bin"', "disc.bin"),
        lambda text: text.replace("GBAAA2600001", "GB-AAA-26-00001"),
        lambda text: text.replace("FLAGS", "DISCID x\nSIZE y\nFLAGS"),
        lambda text: text.replace('PERFORMER "The Ferrymen"\nTITLE "Low Water"\n', "").replace(
            "BINARY\n", 'BINARY\nTITLE "Low Water"\nPERFORMER "The Ferrymen"\n'
        ),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace('Dry Dock"', "Dry Dock"),
    ],
)
def test_other_ways_of_writing_mean_the_same(change: object) -> None:
    assert callable(change)
    assert CueSheet.decode(change(EXAMPLE_TEXT).encode()) == EXAMPLE


def test_utf_8_is_read_where_it_fits_and_else_latin_1() -> None:
    text = EXAMPLE_TEXT.replace("Low Water", "Dämmerung")
    for charset in ("utf-8", "utf-8-sig", "latin-1"):
        assert CueSheet.decode(text.encode(charset)).title == "Dämmerung"


def test_only_line_ends_end_a_line() -> None:
    text = EXAMPLE_TEXT.replace("Slipway", "Slip\x85way\x0b\x1c")
    sheet = CueSheet.decode(text.encode("latin-1"), charset="latin-1")
    assert sheet.tracks[0].title == "Slip\x85way\x0b\x1c"


def test_a_charset_that_does_not_fit_is_named() -> None:
    with pytest.raises(FormatError, match="not written in utf-8"):
        CueSheet.decode(b"\xff", charset="utf-8")


def test_quotes_within_a_title_are_read() -> None:
    text = EXAMPLE_TEXT.replace("Slipway", 'Slip "n" way')
    assert CueSheet.decode(text.encode()).tracks[0].title == 'Slip "n" way'


def test_the_second_disc_of_two_may_go_on_counting() -> None:
    text = EXAMPLE_TEXT.replace("TRACK 0", "TRACK 1")
    assert [track.number for track in CueSheet.decode(text.encode()).tracks] == [11, 12, 13]


def test_a_pause_of_no_length_is_read() -> None:
    text = EXAMPLE_TEXT.replace("00:06:00", "00:07:00")
    assert CueSheet.decode(text.encode()).tracks[1].indexes[0].sectors == 525


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("00:10:00", "00:10:75", 18, "mm:ss:ff"),
        ("00:10:00", "10", 18, "found '10'"),
        ("INDEX 02 00:10:00", "INDEX 02", 18, "INDEX nn mm:ss:ff"),
        ("INDEX 02", "INDEX 03", 18, "expected INDEX 02, found INDEX 03"),
        ("00:10:00", "00:06:74", 18, "a time after"),
        ("    INDEX 01 00:15:00\n", "", 19, "an INDEX 01, found no INDEX"),
        (
            "    INDEX 01 00:07:00\n    INDEX 02 00:10:00\n",
            "",
            16,
            "expected an INDEX 01, found INDEX 00",
        ),
        ("00:15:00", "00:09:74", 22, "a time after"),
        ("TRACK 03", "TRACK 04", 19, "expected TRACK 03, found 04"),
        ("TRACK 03", "TRACK 02", 19, "expected TRACK 03, found 02"),
        ("TRACK 01", "TRACK 00", 7, "expected TRACK 01, found 00"),
        ("TRACK 03 AUDIO", "TRACK x AUDIO", 19, "TRACK nn AUDIO"),
        ("TRACK 03 AUDIO", "TRACK ²² AUDIO", 19, "TRACK nn AUDIO"),
        ('FILE "disc.bin" BINARY', 'FILE "disc.bin"', 6, 'FILE "name" TYPE'),
        ('FILE "disc.bin" BINARY', "", 23, "expected a FILE, found the end"),
        ("BINARY\n", 'BINARY\nFILE "x" WAVE\n', 6, "a TRACK in this FILE"),
        ("    ISRC", "    PREGAP 2\n    ISRC", 8, "mm:ss:ff"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, said: str) -> None:
    for end in ("\n", "\r\n"):
        text = EXAMPLE_TEXT.replace(old, new, 1).replace("\n", end)
        with pytest.raises(CueError, match=said) as error:
            CueSheet.decode(text.encode())
        assert error.value.line == line
        assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_a_pause_may_end_the_file_before_its_track() -> None:
    text = EXAMPLE_TEXT.replace("    INDEX 01 00:07", 'FILE "b.wav" WAVE\n    INDEX 01 00:07')
    sheet = CueSheet.decode(text.encode())
    assert [[each.number for each in file.tracks] for file in sheet.files] == [[1], [2, 3]]
    assert sheet.tracks[1].early_pause_sectors == 450
    assert sheet.tracks[1].indexes == (CueIndex(1, 525), CueIndex(2, 750))
    assert sheet.title == "Low Water"
    assert sheet.encode().decode() == text


def test_a_hidden_song_may_be_a_file_of_its_own() -> None:
    text = EXAMPLE_TEXT.replace(
        "    INDEX 01 00:00:00",
        '    INDEX 00 00:00:00\nFILE "1.bin" BINARY\n    INDEX 01 00:00:00',
    )
    sheet = CueSheet.decode(text.encode())
    assert [len(file.tracks) for file in sheet.files] == [0, 3]
    assert sheet.encode().decode() == text


@pytest.mark.parametrize(
    ("old", "line"), [("    INDEX 02", 19), ("    INDEX 00", 17), ("  TRACK 01", 8)]
)
def test_more_of_a_track_than_its_pause_is_not_read_from_the_file_before(
    old: str, line: int
) -> None:
    text = EXAMPLE_TEXT.replace(
        old, f'FILE "b" WAVE\n{old}'.replace("  TRACK 01", "INDEX 01 00:00:00\n  TRACK 01")
    )
    with pytest.raises(UnsupportedError, match=f"line {line}: INDEX belongs to no TRACK"):
        CueSheet.decode(text.encode())


def test_an_early_pause_comes_behind_the_tracks_of_its_file() -> None:
    text = EXAMPLE_TEXT.replace(
        "    INDEX 01 00:15", '    INDEX 00 00:09:00\nFILE "b" WAVE\n    INDEX 01 00:15'
    )
    with pytest.raises(CueError, match=r"a time after 00:10:00, found 00:09:00") as error:
        CueSheet.decode(text.encode())
    assert error.value.line == 22


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932"])
def test_other_character_sets_hold_what_latin_1_does_not(charset: str) -> None:
    sheet = replace(EXAMPLE, title="日本の歌", performer="歌手", arranger="Ворон")
    data = sheet.encode(charset)
    assert CueSheet.decode(data) == sheet
    assert losses(sheet, charset) == ()
    assert data.startswith(b"\xef\xbb\xbf") == (charset == "utf-8-sig")


def test_shift_jis_has_no_accents() -> None:
    sheet = replace(EXAMPLE, title="日本の Björk")
    assert CueSheet.decode(sheet.encode("cp932")).title == "日本の Bjork"
    assert losses(sheet, "cp932")[0].swaps == (Swap("ö", "o"),)


@pytest.mark.parametrize("title", ["Noël été", "Don’t – “Zoë”…", "Café Müller ßß", "ÄÖÜäöü"])
def test_western_sheets_are_not_taken_for_japanese_ones(title: str) -> None:
    text = EXAMPLE_TEXT.replace("Low Water", title)
    assert CueSheet.decode(text.encode("cp1252")).title == title


def test_composers_and_the_like_are_remarks_to_others_and_texts_to_us() -> None:
    sheet = replace(with_track(composer="C", message="M"), arranger="A")
    text = sheet.encode().decode()
    assert 'REM ARRANGER "A"\n' in text
    assert '    REM COMPOSER "C"\n    REM MESSAGE "M"\n' in text
    assert CueSheet.decode(text.encode()) == sheet
    assert CueSheet.decode(text.replace("REM ", "").encode()) == sheet


WORDS = st.sampled_from(
    [
        *EXAMPLE_TEXT.split(),
        "\n",
        "\n",
        '"',
        "00:00:75",
        "99",
        "INDEX 01 00:00:00\n",
        "PREGAP",
        "FILE x WAVE\n",
    ]
)


@given(st.lists(WORDS, max_size=30).map(" ".join).map(str.encode) | st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_bytes_raise_nothing_but_format_errors(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        CueSheet.decode(data).encode()


@given(
    places=st.lists(st.integers(0, len(EXAMPLE_TEXT) - 1), max_size=3),
    junk=st.binary(max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_damaged_sheets_raise_nothing_but_format_errors(places: list[int], junk: bytes) -> None:
    data = EXAMPLE_TEXT.encode()
    for place in places:
        data = data[:place] + junk + data[place + 1 :]
    with contextlib.suppress(FormatError):
        CueSheet.decode(data)


# --- Other programs ---


@pytest.mark.oracle
def test_flac_takes_our_sheet_and_finds_the_same_layout(
    tmp_path: Path, program: Program
) -> None:
    header = wav_header(1_500 * 588, sample_rate_hz=44_100, bits=16, n_channels=2)
    (tmp_path / "disc.wav").write_bytes(header + bytes(1_500 * 2_352))
    (tmp_path / "disc.cue").write_bytes(EXAMPLE.encode())
    flac = [program("flac"), "-s", "-f", "--cuesheet=disc.cue", "disc.wav", "-o", "disc.flac"]
    subprocess.run(flac, cwd=tmp_path, check=True)
    metaflac = [program("metaflac"), "--export-cuesheet-to=-", "disc.flac"]
    theirs = subprocess.run(metaflac, cwd=tmp_path, check=True, capture_output=True).stdout
    read = CueSheet.decode(theirs)
    assert read.catalog == EXAMPLE.catalog
    for ours, their in zip(EXAMPLE.tracks, read.tracks, strict=True):
        assert (their.number, their.indexes, their.isrc) == (
            ours.number,
            ours.indexes,
            ours.isrc,
        )


@pytest.mark.oracle
def test_flac_refuses_what_we_refuse(tmp_path: Path, program: Program) -> None:
    header = wav_header(1_500 * 588, sample_rate_hz=44_100, bits=16, n_channels=2)
    (tmp_path / "disc.wav").write_bytes(header + bytes(1_500 * 2_352))
    flac = [program("flac"), "-s", "-f", "--cuesheet=disc.cue", "disc.wav", "-o", "disc.flac"]
    for old, new in (
        ("INDEX 02", "INDEX 03"),
        ("00:10:00", "00:10:75"),
        ("TRACK 03", "TRACK 02"),
    ):
        text = EXAMPLE_TEXT.replace(old, new)
        with pytest.raises(CueError):
            CueSheet.decode(text.encode())
        (tmp_path / "disc.cue").write_text(text)
        assert subprocess.run(flac, cwd=tmp_path, check=False, capture_output=True).returncode
