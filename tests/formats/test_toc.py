from __future__ import annotations

import contextlib
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.disc import Charset, Genre, TextBlock, Texts
from formats.errors import EncodeError, FormatError, UnsupportedError
from formats.program import FilePiece, SilentPiece
from formats.toc import TocSheet, TocTrack
from formats.toc_disc import disc_of_toc
from formats.toc_tokens import TocError

EXAMPLE = TocSheet(
    tracks=(
        TocTrack(
            (FilePiece("disc.wav", 0, 264_600, is_wav=True),),
            isrc="GBAAA2600001",
            is_copy_permitted=True,
        ),
        TocTrack(
            (FilePiece("disc.wav", 264_600, 396_900, is_wav=True),),
            pause_sectors=75,
            index_sectors=(225,),
            has_pre_emphasis=True,
        ),
        TocTrack((SilentPiece(1_000), FilePiece("disc.wav", 661_500, None, is_wav=True))),
    ),
    catalog="5012345678900",
    cd_text=(
        TextBlock(
            Texts("Low Water", "Björk", code="5012345678900"),
            (Texts("Slipway", "Björk", code="GBAAA2600001"), Texts('Say "hi"'), Texts()),
            disc_id="FER012CD",
            genre=Genre(11, "Folk Rock"),
        ),
        TextBlock(Texts("Eaux"), (Texts("Cale"), Texts("a\\b"), Texts("c")), language=15),
    ),
)
EXAMPLE_TEXT = r"""CD_DA
CATALOG "5012345678900"
CD_TEXT {
  LANGUAGE_MAP { 0 : 9 1 : 15 }
  LANGUAGE 0 {
    TITLE "Low Water"
    PERFORMER "Bj\366rk"
    DISC_ID "FER012CD"
    UPC_EAN "5012345678900"
    GENRE { 0, 11, 70, 111, 108, 107, 32, 82, 111, 99, 107, 0 }
  }
  LANGUAGE 1 {
    TITLE "Eaux"
  }
}
TRACK AUDIO
COPY
NO PRE_EMPHASIS
TWO_CHANNEL_AUDIO
ISRC "GBAAA2600001"
CD_TEXT {
  LANGUAGE 0 {
    TITLE "Slipway"
    PERFORMER "Bj\366rk"
    ISRC "GBAAA2600001"
  }
  LANGUAGE 1 {
    TITLE "Cale"
  }
}
FILE "disc.wav" 00:00:00 00:06:00
TRACK AUDIO
NO COPY
PRE_EMPHASIS
TWO_CHANNEL_AUDIO
CD_TEXT {
  LANGUAGE 0 {
    TITLE "Say \"hi\""
    PERFORMER ""
  }
  LANGUAGE 1 {
    TITLE "a\\b"
  }
}
FILE "disc.wav" 00:06:00 00:09:00
START 00:01:00
INDEX 00:03:00
TRACK AUDIO
NO COPY
NO PRE_EMPHASIS
TWO_CHANNEL_AUDIO
CD_TEXT {
  LANGUAGE 0 {
    TITLE ""
    PERFORMER ""
  }
  LANGUAGE 1 {
    TITLE "c"
  }
}
SILENCE 1000
FILE "disc.wav" 00:15:00
"""


def with_track(**changes: Any) -> TocSheet:
    track = TocTrack((FilePiece("disc.wav", 0, 264_600, is_wav=True),))
    return TocSheet((replace(track, **changes),))


def with_piece(**changes: Any) -> TocSheet:
    piece = replace(FilePiece("disc.wav", 0, 264_600, is_wav=True), **changes)
    return with_track(pieces=(piece,))


def of_one_track(*lines: str) -> TocSheet:
    text = "\n".join(("CD_DA", "TRACK AUDIO", *lines))
    return TocSheet.decode(text.encode())


def test_the_dialect_that_is_written() -> None:
    assert EXAMPLE.encode().decode("ascii") == EXAMPLE_TEXT


def test_what_is_written_is_read() -> None:
    assert TocSheet.decode(EXAMPLE.encode()) == EXAMPLE


def test_raw_audio_is_little_endian_where_it_is_swapped() -> None:
    image = FilePiece("IMAGE.DAT", 588, 588, offset_bytes=352_800)
    sheet = with_track(pieces=(image, replace(image, is_big_endian=True)))
    assert b'FILE "IMAGE.DAT" SWAP #352800 00:00:01 00:00:01\n' in sheet.encode()
    assert b'FILE "IMAGE.DAT" #352800 00:00:01 00:00:01\n' in sheet.encode()
    assert TocSheet.decode(sheet.encode()) == sheet


def test_a_first_track_of_another_number_is_named() -> None:
    sheet = replace(with_track(), first_track=7)
    assert b"FIRST_TRACK_NO 7\n" in sheet.encode()
    assert TocSheet.decode(sheet.encode()) == sheet


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (TocSheet(()), "TRACK"),
        (TocSheet(with_track().tracks * 100), "must be 1 to 99"),
        (replace(with_track(), first_track=0), "must be 1 to 99"),
        (replace(with_track(), catalog="012345678905"), "13 digits"),
        (with_track(isrc="GB-AAA-26-00001"), "no hyphens"),
        (with_track(pieces=()), "must have a FILE or SILENCE"),
        (with_track(pieces=(SilentPiece(0),)), "must be 1 or more"),
        (with_piece(n_samples=-1), "must be 1 or more"),
        (with_piece(start_samples=-1), "must start at 0"),
        (with_piece(name='a".wav'), "no double quote"),
        (with_piece(name="a\ud800.wav"), "no double quote"),
        (with_piece(name="disc.bin"), "must end in .wav"),
        (with_piece(is_wav=False), "must end in .wav"),
        (with_track(index_sectors=(0,)), "must rise"),
        (with_track(index_sectors=(20, 10)), "must rise"),
        (with_track(index_sectors=tuple(range(1, 100))), "up to 98"),
        (with_track(pause_sectors=450), "before the track's end"),
        (with_track(pause_sectors=400, index_sectors=(50,)), "before the track's end"),
        (with_track(pause_sectors=-1), "before the track's end"),
        (replace(EXAMPLE, cd_text=(TextBlock(Texts(), ()),)), "tracks must be 3"),
        (replace(EXAMPLE, cd_text=EXAMPLE.cd_text * 5), "at most 8"),
        (
            replace(EXAMPLE, cd_text=(replace(EXAMPLE.cd_text[0], charset=Charset.MS_JIS),)),
            "must be Latin-1",
        ),
        (replace(EXAMPLE, cd_text=(replace(EXAMPLE.cd_text[0], language=256),)), "0 to 255"),
        (
            replace(EXAMPLE, cd_text=(replace(EXAMPLE.cd_text[0], genre=Genre(1 << 16)),)),
            "0 to 65535",
        ),
    ],
)
def test_what_a_file_cannot_carry_is_refused(sheet: TocSheet, said: str) -> None:
    with pytest.raises(EncodeError, match=said):
        sheet.encode()


# --- Files of other programs ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("\n", "\r"),
        ("\n", " // remark\n"),
        ("CD_DA\n", "\ufeff// remark\n\nCD_DA\n"),
        ("FILE", "AUDIOFILE"),
        ("NO COPY\n", ""),
        ("TWO_CHANNEL_AUDIO\n", ""),
        ("0 : 9 1 : 15", "0:EN, 1:15"),
        ("{ 0 : 9", "{\n 0 : 9"),
        ("GBAAA2600001", "GB-AAA-26-00001"),
        (r"Bj\366rk", "Björk"),
        (" 00:15:00", " 661500"),
        ("START 00:01:00", "START 0:1:0"),
        ("    DISC_ID", "    TOC_INFO1 { 1, 2 }\n    DISC_ID"),
        ("CD_DA", "cd_da"),
    ],
)
def test_other_ways_of_writing_mean_the_same(old: str, new: str) -> None:
    text = EXAMPLE_TEXT.replace(old, new)
    assert text != EXAMPLE_TEXT
    sheet = TocSheet.decode(text.encode())
    codes = [replace(block, tracks=(), disc=Texts()) for block in sheet.cd_text]
    assert sheet.tracks == EXAMPLE.tracks
    assert codes == [replace(block, tracks=(), disc=Texts()) for block in EXAMPLE.cd_text]
    assert sheet.cd_text[0].disc == EXAMPLE.cd_text[0].disc


def test_a_pause_may_be_silence_or_told_by_where_start_stands() -> None:
    (track,) = of_one_track('FILE "a.wav" 0 588', "PREGAP 00:02:00").tracks
    assert track.pieces == (
        SilentPiece(88_200),
        FilePiece("a.wav", 0, 588, is_wav=True),
    )
    assert (track.pause_sectors, track.n_samples) == (150, 88_788)
    (track,) = of_one_track("SILENCE 00:01:00", "START", 'FILE "a.wav" 0 588').tracks
    assert track.pause_sectors == 75
    (track,) = of_one_track("ZERO 00:01:00").tracks
    assert track.pieces == (SilentPiece(44_100),)


def test_a_file_without_a_length_goes_to_its_end() -> None:
    for line in ('FILE "a.wav" 0', 'FILE "a.wav" 0 0'):
        (track,) = of_one_track(line).tracks
        assert track.pieces == (FilePiece("a.wav", is_wav=True),)
        assert track.n_samples is None


def test_texts_are_read_in_the_set_that_is_named() -> None:
    block = TextBlock(Texts(), ())
    title = "".join(f"\\{each:03o}" for each in "日本".encode("cp932"))
    for told in ("ENCODING_MS_JIS", "SIZE_INFO { 128, 1, 1, 3 }"):
        head = f"CD_TEXT {{ LANGUAGE_MAP {{ 0 : 105 }}\nLANGUAGE 0 {{ {told}\n}} }}"
        text = f'{head}\nTRACK AUDIO CD_TEXT {{ LANGUAGE 0 {{ TITLE "{title}" }} }} SILENCE 1'
        (block,) = TocSheet.decode(text.encode()).cd_text
        assert (block.charset, block.language) == (Charset.MS_JIS, 105)
        assert block.tracks[0].title == "日本"
    assert block.is_copyrighted


def test_a_language_that_the_map_leaves_out_is_not_lost() -> None:
    text = 'CD_TEXT { LANGUAGE 0 { TITLE "A" } } TRACK AUDIO SILENCE 1'
    (block,) = TocSheet.decode(text.encode()).cd_text
    assert (block.disc.title, block.language) == ("A", 0)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("00:03:00", "00:03:75", 47, r"a time mm:ss:ff, at most 99:59:74, found 00:03:75"),
        ("00:03:00", "three", 47, "expected a time mm:ss:ff, found THREE"),
        ("INDEX 00:03:00", "INDEX 00:00:00", 47, "a time after 00:00:00"),
        ("INDEX 00:03:00", "INDEX 00:08:00", 47, "before the track's end, found 00:08:00"),
        ("START 00:01:00", "START 00:09:00", 46, "before the track's end, found 00:09:00"),
        ("START", "PREGAP 00:01:00\nSTART", 47, "one pause, told in line 46"),
        ("SILENCE 1000", "SILENCE 0", 61, "a length over 0, found none; leave the line out"),
        ("NO COPY", "NO MUSIC", 33, "COPY or PRE_EMPHASIS, found MUSIC"),
        ("TRACK AUDIO", "TRUCK AUDIO", 16, "expected a TRACK, found TRUCK"),
        ('FILE "disc.wav" 00:00:00 00:06:00\n', "", 16, "a FILE or SILENCE in this track"),
        ('"disc.wav"', "disc.wav", 31, 'FILE "..."'),
        ('"Slipway"', '"Slipway', 23, "expected a closing double quote"),
        ("LANGUAGE_MAP", "LANGUAGE_MAB", 4, "LANGUAGE or '}'"),
        ("0 : 9", "0 9", 4, "expected ':', found 9"),
        ("0 : 9", "8 : 9", 4, "at most 7, found 8"),
        ("0, 11", "0, 256", 10, "a byte, at most 255"),
        ("    TITLE", "    TUTLE", 6, "an item of CD-Text or '}', found TUTLE"),
        ('TITLE "c"\n  }\n}\n', 'TITLE "c"\n', 59, "an item of CD-Text"),
        ("SILENCE 1000", f"SILENCE {'9' * 5_000}", 61, "at most 10000000000"),
        ("CD_DA\n", "CD_DA\n%\n", 2, "expected a statement, found '%'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, said: str) -> None:
    for end in ("\n", "\r\n"):
        text = EXAMPLE_TEXT.replace(old, new, 1).replace("\n", end)
        with pytest.raises(TocError, match=said) as error:
            TocSheet.decode(text.encode())
        assert error.value.line == line
        assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["FOUR_CHANNEL_AUDIO"], "line 3: FOUR_CHANNEL_AUDIO is not read"),
        (['DATAFILE "x"'], "line 3: DATAFILE is not read"),
        (['FILE "x.wav" 0', "START"], "line 4: START without a time"),
        (['FILE "x.wav" SWAP 0'], "SWAP of the WAV file"),
        (["CD_TEXT { LANGUAGE 0 { ENCODING_KOREAN } }"], "line 3: .*read are ISO 8859-1"),
        (["CD_TEXT { LANGUAGE 0 { SIZE_INFO { 129 } } }"], "the character set 129"),
    ],
)
def test_what_is_not_read_is_named(lines: list[str], said: str) -> None:
    with pytest.raises(UnsupportedError, match=said):
        of_one_track(*lines)
    with pytest.raises(UnsupportedError, match="TRACK MODE1: read is TRACK AUDIO"):
        TocSheet.decode(b"CD_ROM\nTRACK MODE1\n")


def test_texts_that_are_none_in_their_set_are_told() -> None:
    with pytest.raises(TocError, match="line 3: expected TITLE in MS-JIS"):
        of_one_track('CD_TEXT { LANGUAGE 0 { ENCODING_MS_JIS TITLE "\\201" } } SILENCE 1')


def test_a_hundredth_track_is_refused() -> None:
    with pytest.raises(TocError, match="at most 99 tracks"):
        TocSheet.decode(b"CD_DA\n" + b"TRACK AUDIO\nSILENCE 1\n" * 100)


WORDS = st.sampled_from([*EXAMPLE_TEXT.split(), "\n", '"', "{", "}", "PREGAP", "00:00:01"])


@given(st.lists(WORDS, max_size=40).map(" ".join).map(str.encode) | st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_bytes_raise_nothing_but_format_errors(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        sheet = TocSheet.decode(data)
        with contextlib.suppress(EncodeError):
            sheet.encode()
        disc_of_toc(sheet, {"disc.wav": 882_000})


@given(
    places=st.lists(st.integers(0, len(EXAMPLE_TEXT) - 1), max_size=3),
    junk=st.binary(max_size=4) | WORDS.map(str.encode),
)
@settings(max_examples=300, deadline=None)
def test_damaged_files_raise_nothing_but_format_errors(places: list[int], junk: bytes) -> None:
    data = EXAMPLE_TEXT.encode()
    for place in places:
        data = data[:place] + junk + data[place + 1 :]
    with contextlib.suppress(FormatError):
        sheet = TocSheet.decode(data)
        with contextlib.suppress(EncodeError):
            sheet.encode()
        disc_of_toc(sheet, {"disc.wav": 882_000})
