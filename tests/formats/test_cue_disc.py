from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.cdtext import encode_cdtext
from formats.charsets import Loss
from formats.cue import CueFile, CueIndex, CueSheet, CueTrack
from formats.cue_disc import cue_losses, cue_of_disc, disc_of_cue, program_of_cue, read_cue
from formats.disc import Charset, Disc, DiscIndex, DiscTrack, Genre, RawPack, TextBlock, Texts
from formats.errors import EncodeError, FormatError, UnsupportedError
from formats.program import FilePiece, SilentPiece, read_program
from formats.wav import wav_header

Noise = Callable[[int], bytes]

SECTOR = 588
TRACKS = (
    DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 150)), "GBAAA2400001"),
    DiscTrack(2, (DiscIndex(0, 600), DiscIndex(1, 675), DiscIndex(2, 900)), scms=True),
    DiscTrack(3, (DiscIndex(1, 1_275),), has_pre_emphasis=True, is_copy_permitted=True),
)
DISC = Disc(TRACKS, 1_650, "5012345678900")


def there_and_back(disc: Disc, charset: str = "latin-1") -> Disc:
    sheet = cue_of_disc(disc, "disc.bin")
    lengths = {"disc.bin": (disc.lead_out_sector - 150) * SECTOR}
    return disc_of_cue(CueSheet.decode(sheet.encode(charset), charset=charset), lengths)


def spoken(disc: Disc) -> Disc:
    """Return a disc with composed letters, and without codes that only repeat its own."""

    def plain(texts: Texts, own: str) -> Texts:
        named = {name: getattr(texts, name) for name in Texts.__slots__}
        named = {name: unicodedata.normalize("NFC", text) for name, text in named.items()}
        return Texts(**named | {"code": "" if texts.code == own else texts.code})

    blocks = tuple(
        replace(
            block,
            disc=plain(block.disc, disc.catalog),
            tracks=tuple(map(plain, block.tracks, (track.isrc for track in disc.tracks))),
        )
        for block in disc.cd_text
    )
    silent = TextBlock(Texts(), (Texts(),) * len(disc.tracks))
    return replace(disc, cd_text=() if blocks == (silent,) else blocks)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_plain_disc_survives(
    plain_discs: st.SearchStrategy[Disc], data: st.DataObject
) -> None:
    disc = data.draw(plain_discs)
    assert cue_losses(disc) == ()
    assert there_and_back(disc) == spoken(disc)


@given(st.data(), st.sampled_from(["latin-1", "utf-8", "utf-8-sig", "cp932"]))
@settings(max_examples=150, deadline=None)
def test_nothing_of_any_disc_is_lost_unseen(
    any_discs: st.SearchStrategy[Disc], data: st.DataObject, charset: str
) -> None:
    disc = data.draw(any_discs)
    back = there_and_back(disc, charset)
    assert replace(back, cd_text=()) == replace(disc, cd_text=(), master_id="")
    lost = cue_losses(disc, charset=charset)
    if not lost:
        assert back == spoken(disc)
    for field, name in (("TITLE", "title"), ("MESSAGE", "message")):
        if disc.cd_text and field not in [each.field for each in lost]:
            said = getattr(disc.cd_text[0].disc, name)
            found = getattr(back.cd_text[0].disc, name) if back.cd_text else ""
            assert found == unicodedata.normalize("NFC", said)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_of_cd_text_keeps_all_of_it(
    any_discs: st.SearchStrategy[Disc], data: st.DataObject
) -> None:
    disc = replace(data.draw(any_discs), master_id="")
    assert cue_losses(disc, has_cdtext_file=True) == ()
    sheet = cue_of_disc(disc, "disc.bin", cdtext_name="disc.cdt")
    assert CueSheet.decode(sheet.encode()).cdtext_file == "disc.cdt"
    packs = encode_cdtext(disc.cd_text)
    lengths = {"disc.bin": (disc.lead_out_sector - 150) * SECTOR}
    back = disc_of_cue(sheet, lengths, cdtext=packs)
    assert encode_cdtext(back.cd_text) == packs


def test_the_sheet_of_a_disc() -> None:
    text = cue_of_disc(DISC, "disc.bin").encode().decode()
    assert text == (
        "CATALOG 5012345678900\n"
        'FILE "disc.bin" BINARY\n'
        "  TRACK 01 AUDIO\n    ISRC GBAAA2400001\n    INDEX 01 00:00:00\n"
        "  TRACK 02 AUDIO\n    FLAGS SCMS\n"
        "    INDEX 00 00:06:00\n    INDEX 01 00:07:00\n    INDEX 02 00:10:00\n"
        "  TRACK 03 AUDIO\n    FLAGS DCP PRE\n    INDEX 01 00:15:00\n"
    )


def test_a_longer_pause_before_the_first_track_is_told() -> None:
    hidden = replace(TRACKS[0], indexes=(DiscIndex(0, 0), DiscIndex(1, 375)))
    disc = replace(DISC, tracks=(hidden, *TRACKS[1:]))
    (file,) = cue_of_disc(disc, "disc.wav", kind="WAVE").files
    assert file.tracks[0].indexes == (CueIndex(0, 0), CueIndex(1, 225))
    assert there_and_back(disc) == disc


def test_what_a_sheet_does_not_tell_is_listed() -> None:
    block = TextBlock(
        Texts("Łódź", code="123"),
        (Texts(code="GBAAA2400001"), Texts(code="XXXXX2400001"), Texts()),
        language=32,
        charset=Charset.ASCII,
        is_copyrighted=True,
        disc_id="ID",
        genre=Genre(11, "Folk"),
        closed="secret",
        raw=(RawPack(0x88, 0, bytes(12)),),
    )
    other = TextBlock(Texts("日本"), (Texts(),) * 3, language=105)
    disc = replace(DISC, master_id="CAT-1", cd_text=(block, other))
    found = {each.field: (each.text, each.written) for each in cue_losses(disc)}
    assert found == {
        "master id": ("CAT-1", ""),
        "TITLE": ("Łódź", "Lódz"),
        "language 2": ("日本", ""),
        "language code": ("32", "9"),
        "CD-Text charset": ("ASCII", "LATIN_1"),
        "copyright of the texts": ("asserted", ""),
        "disc id": ("ID", ""),
        "genre": ("11 Folk", ""),
        "closed information": ("secret", ""),
        "packs": ("88", ""),
        "code": ("123", "5012345678900"),
        "track 02 code": ("XXXXX2400001", ""),
    }
    assert cue_losses(disc, has_cdtext_file=True) == (Loss("master id", "CAT-1", ""),)


def test_a_disc_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(EncodeError, match="lead-out"):
        cue_of_disc(replace(DISC, lead_out_sector=10), "disc.bin")
    shifted = replace(
        DISC, tracks=tuple(replace(each, number=each.number + 1) for each in TRACKS)
    )
    with pytest.raises(EncodeError, match="1 to 99 without a gap"):
        cue_of_disc(shifted, "disc.bin").encode()


# --- Sheets of several files ---


def of(*files: CueFile) -> CueSheet:
    return CueSheet(files)


def places(disc: Disc) -> list[list[tuple[int, int]]]:
    """Return number and sector of each index, counted from where the sheet begins."""
    return [
        [(index.number, max(0, index.sector - 150)) for index in track.indexes]
        for track in disc.tracks
    ]


def test_files_lie_one_behind_the_other() -> None:
    sheet = of(
        CueFile("1.wav", (CueTrack(1, (CueIndex(1, 0),)),), "WAVE"),
        CueFile("2.wav", (CueTrack(2, (CueIndex(0, 0), CueIndex(1, 50))),), "WAVE"),
    )
    lengths = {"1.wav": 400 * SECTOR, "2.wav": 399 * SECTOR + 1}
    disc = disc_of_cue(sheet, lengths)
    assert places(disc) == [[(0, 0), (1, 0)], [(0, 400), (1, 450)]]
    assert disc.lead_out_sector == 150 + 400 + 400
    assert program_of_cue(sheet, lengths) == (
        FilePiece("1.wav", 0, 400 * SECTOR, is_wav=True),
        FilePiece("2.wav", 0, 399 * SECTOR + 1, is_wav=True),
        SilentPiece(587),
    )


def test_a_pause_at_the_end_of_the_file_before_belongs_to_the_track_behind() -> None:
    sheet = of(
        CueFile("0.wav", (), "WAVE"),
        CueFile("1.wav", (CueTrack(1, (CueIndex(1, 0),), early_pause_sectors=0),), "WAVE"),
        CueFile("2.wav", (CueTrack(2, (CueIndex(1, 0),), early_pause_sectors=350),), "WAVE"),
    )
    lengths = {f"{n}.wav": 400 * SECTOR for n in range(3)}
    disc = disc_of_cue(CueSheet.decode(sheet.encode()), lengths)
    assert places(disc) == [[(0, 0), (1, 400)], [(0, 750), (1, 800)]]
    assert disc.lead_out_sector == 150 + 1_200
    assert [piece.n_samples for piece in program_of_cue(sheet, lengths)] == [400 * SECTOR] * 3


def test_silence_that_is_in_no_file_is_laid_out() -> None:
    first = CueTrack(1, (CueIndex(1, 0), CueIndex(2, 40)), pregap_sectors=20)
    second = CueTrack(2, (CueIndex(1, 100),), pregap_sectors=30, postgap_sectors=5)
    sheet = of(CueFile("a", (replace(first, postgap_sectors=7), second)))
    lengths = {"a": 300 * SECTOR}
    disc = disc_of_cue(sheet, lengths)
    assert places(disc) == [[(0, 0), (1, 20), (2, 60)], [(0, 127), (1, 157)]]
    assert disc.lead_out_sector == 150 + 300 + 20 + 7 + 30 + 5
    assert program_of_cue(sheet, lengths) == (
        SilentPiece(20 * SECTOR),
        FilePiece("a", 0, 100 * SECTOR),
        SilentPiece(7 * SECTOR),
        SilentPiece(30 * SECTOR),
        FilePiece("a", 100 * SECTOR, 200 * SECTOR),
        SilentPiece(5 * SECTOR),
    )


def test_sound_before_the_first_index_is_in_the_pause_of_the_first_track() -> None:
    disc = disc_of_cue(of(CueFile("a", (CueTrack(1, (CueIndex(1, 75),)),))), {"a": 588 * 99})
    assert places(disc) == [[(0, 0), (1, 75)]]


def test_a_pause_of_no_length_is_none() -> None:
    tracks = (CueTrack(1, (CueIndex(1, 0),)), CueTrack(2, (CueIndex(0, 9), CueIndex(1, 9))))
    assert places(disc_of_cue(of(CueFile("a", tracks)), {"a": 588 * 99}))[1] == [(1, 9)]


@pytest.mark.parametrize(
    ("sheet", "lengths", "said"),
    [
        (of(CueFile("a", (CueTrack(1, (CueIndex(1, 9),)),))), {"a": 9 * SECTOR}, "has ended"),
        (of(CueFile("a", (CueTrack(1, (CueIndex(1, 9),)),))), {}, "length is not known"),
        (
            of(
                CueFile("a", (CueTrack(1, (CueIndex(1, 0),)),)),
                CueFile("b", (CueTrack(2, (CueIndex(1, 0),)),)),
            ),
            {"a": 589, "b": 588},
            "ends 1 samples into a sector",
        ),
        (
            of(CueFile("a", (CueTrack(1, (CueIndex(1, 0),), mode="MODE1/2352"),))),
            {"a": 588},
            "track 01 is MODE1/2352",
        ),
        (
            of(CueFile("a", (CueTrack(1, (CueIndex(1, 0),), flags=("4CH",)),))),
            {"a": 588},
            "track 01 is in four channels",
        ),
    ],
)
def test_what_makes_no_disc_is_told(
    sheet: CueSheet, lengths: dict[str, int], said: str
) -> None:
    with pytest.raises(FormatError, match=said):
        disc_of_cue(sheet, lengths)


LINES = """\
INDEX 00 00:00:09
INDEX 01 00:00:00
INDEX 02 00:00:05
PREGAP 00:00:01
POSTGAP 99:59:74
TRACK 01 AUDIO
TRACK 02 AUDIO
FILE "a" BINARY
FILE "b" WAVE
TITLE "x"
REM COMPOSER y
FLAGS DCP SCMS
FLAGS 4CH"""
WORDS = st.sampled_from(LINES.splitlines())


@given(
    st.lists(WORDS, max_size=14).map("\n".join),
    st.fixed_dictionaries({"a": st.integers(0, 9_999), "b": st.integers(0, 9_999)}),
)
@settings(max_examples=400, deadline=None)
def test_any_sheet_is_a_disc_or_a_format_error(text: str, lengths: dict[str, int]) -> None:
    with contextlib.suppress(FormatError):
        sheet = CueSheet.decode(text.encode())
        disc = disc_of_cue(sheet, lengths)
        n_samples = sum(piece.n_samples or 0 for piece in program_of_cue(sheet, lengths))
        assert n_samples == (disc.lead_out_sector - 150) * SECTOR


# --- Files beside a sheet ---


def write_wav(path: Path, pcm: bytes, **changes: int) -> None:
    form = {"sample_rate_hz": 44_100, "bits": 16, "n_channels": 2} | changes
    path.write_bytes(wav_header(len(pcm) // 4, **form) + pcm)  # type: ignore[arg-type]


def test_sheet_and_files_give_disc_and_sound(tmp_path: Path, noise: Noise) -> None:
    pcm = noise(30)
    (tmp_path / "a.bin").write_bytes(pcm[: 10 * 2_352])
    swapped = np.frombuffer(pcm[10 * 2_352 : 20 * 2_352], "<u2").byteswap()
    (tmp_path / "b.raw").write_bytes(swapped.tobytes())
    (tmp_path / "sub").mkdir()
    write_wav(tmp_path / "sub" / "c.wav", pcm[20 * 2_352 :])
    (tmp_path / "disc.cdt").write_bytes(
        encode_cdtext([TextBlock(Texts("Björk"), (Texts(), Texts(), Texts()))])
    )
    sheet = (
        'CDTEXTFILE "disc.cdt"\nFILE "a.bin" BINARY\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
        "FILE b.raw MOTOROLA\nTRACK 02 AUDIO\nPREGAP 00:00:02\nINDEX 01 00:00:00\n"
        'FILE "sub\\c.wav" WAVE\nTRACK 03 AUDIO\nINDEX 01 00:00:00\n'
    )
    (tmp_path / "disc.cue").write_text(sheet)
    program = read_cue(tmp_path / "disc.cue")
    assert program.disc.lead_out_sector == 150 + 32
    assert program.disc.cd_text[0].disc.title == "Björk"
    silence = bytes(2 * 2_352)
    found = b"".join(read_program(tmp_path, program.pieces))
    assert found == pcm[: 10 * 2_352] + silence + pcm[10 * 2_352 :]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/passwd", "must lie in the folder"),
        ("../x.wav", "must lie in the folder"),
        ("C:\\x.wav", "must lie in the folder"),
        ("none.wav", "is not in the folder"),
        ("mono.wav", "44100 Hz, 16 bits, 1 channels"),
        ("wide.wav", "48000 Hz, 24 bits, 2 channels"),
        ("odd.bin", "expected 4 bytes for each sample, found 3"),
    ],
)
def test_files_that_cannot_be_used_are_told(tmp_path: Path, name: str, said: str) -> None:
    write_wav(tmp_path / "mono.wav", bytes(588), n_channels=1)
    write_wav(tmp_path / "wide.wav", bytes(588 * 6), bits=24, sample_rate_hz=48_000)
    (tmp_path / "odd.bin").write_bytes(bytes(2_351))
    kind = "BINARY" if name.endswith("bin") else "WAVE"
    sheet = f'FILE "{name}" {kind}\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
    (tmp_path / "disc.cue").write_text(sheet)
    with pytest.raises(FormatError, match=said):
        read_cue(tmp_path / "disc.cue")


def test_files_of_other_kinds_are_named() -> None:
    sheet = of(CueFile("a.mp3", (CueTrack(1, (CueIndex(1, 0),)),), "MP3"))
    with pytest.raises(UnsupportedError, match=r"FILE 'a\.mp3' is MP3"):
        program_of_cue(sheet, {"a.mp3": 588})


def test_a_piece_that_its_file_does_not_hold_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(2_352))
    with pytest.raises(FormatError, match=r"expected 589 samples in 'a.bin', found 588"):
        list(read_program(tmp_path, [FilePiece("a.bin", 0, 589)]))
    assert b"".join(read_program(tmp_path, [FilePiece("a.bin", 500)])) == bytes(88 * 4)
