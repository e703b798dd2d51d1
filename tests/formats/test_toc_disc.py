from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.charsets import Loss, spell
from formats.disc import (
    Charset,
    Disc,
    DiscIndex,
    DiscTrack,
    Genre,
    RawPack,
    TextBlock,
    Texts,
)
from formats.errors import EncodeError, FormatError
from formats.program import FilePiece, SilentPiece, read_program
from formats.toc import TocSheet, TocTrack
from formats.toc_disc import disc_of_toc, read_toc, toc_losses, toc_of_disc
from formats.wav import wav_header

IMAGE = FilePiece("disc.wav", is_wav=True)
DISC = Disc(
    (
        DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 150)), "GBAAA2400001"),
        DiscTrack(2, (DiscIndex(0, 600), DiscIndex(1, 675), DiscIndex(2, 900))),
        DiscTrack(3, (DiscIndex(1, 1_275),)),
    ),
    1_650,
    "5012345678900",
)


def there_and_back(disc: Disc) -> Disc:
    return disc_of_toc(TocSheet.decode(toc_of_disc(disc, IMAGE).encode()))


def composed(texts: Texts) -> Texts:
    values = {name: getattr(texts, name) for name in Texts.__slots__}
    return Texts(**{name: unicodedata.normalize("NFC", text) for name, text in values.items()})


def in_composed_letters(disc: Disc) -> Disc:
    blocks = tuple(
        replace(
            block,
            disc=composed(block.disc),
            tracks=tuple(map(composed, block.tracks)),
            disc_id=unicodedata.normalize("NFC", block.disc_id),
        )
        for block in disc.cd_text
    )
    return replace(disc, cd_text=blocks)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_plain_disc_survives(
    plain_discs: st.SearchStrategy[Disc], data: st.DataObject
) -> None:
    disc = data.draw(plain_discs)
    assert toc_losses(disc) == ()
    assert there_and_back(disc) == disc


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_nothing_of_any_disc_is_lost_unseen(
    any_discs: st.SearchStrategy[Disc], data: st.DataObject
) -> None:
    disc = data.draw(any_discs)
    lost = toc_losses(disc)
    back = there_and_back(disc)
    assert (back == in_composed_letters(disc)) == (not lost)
    assert (back.lead_out_sector, back.catalog) == (disc.lead_out_sector, disc.catalog)
    for ours, read in zip(disc.tracks, back.tracks, strict=True):
        assert replace(ours, scms=False) == read
        assert ours.scms == any(f"track {ours.number:02d} SCMS" == each.field for each in lost)
    kept = [block for block in disc.cd_text if block.charset is not Charset.MS_JIS]
    for block, found in zip(kept, back.cd_text, strict=True):
        for ours_said, said in zip(
            (block.disc, *block.tracks), (found.disc, *found.tracks), strict=True
        ):
            assert said.title == spell(ours_said.title, block.charset).written
        assert (block.language, block.genre and block.genre.code) == (
            found.language,
            found.genre and found.genre.code,
        )


def test_a_track_lies_in_the_image_with_its_pause() -> None:
    sheet = toc_of_disc(
        DISC, replace(IMAGE, name="IMAGE.DAT", is_wav=False, offset_bytes=352_800)
    )
    first, second, third = sheet.tracks
    assert [track.pieces[0] for track in sheet.tracks] == [
        FilePiece("IMAGE.DAT", 0, 450 * 588, offset_bytes=352_800),
        FilePiece("IMAGE.DAT", 450 * 588, 675 * 588, offset_bytes=352_800),
        FilePiece("IMAGE.DAT", 1_125 * 588, 375 * 588, offset_bytes=352_800),
    ]
    assert (first.pause_sectors, second.pause_sectors, third.pause_sectors) == (0, 75, 0)
    assert second.index_sectors == (225,)


def test_a_hidden_song_is_the_pause_of_the_first_track() -> None:
    hidden = replace(DISC.tracks[0], indexes=(DiscIndex(0, 0), DiscIndex(1, 450)))
    disc = replace(DISC, tracks=(hidden, *DISC.tracks[1:]))
    assert toc_of_disc(disc, IMAGE).tracks[0].pause_sectors == 300
    assert there_and_back(disc) == disc


def test_a_disc_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(EncodeError, match="lead-out"):
        toc_of_disc(replace(DISC, lead_out_sector=10), IMAGE)


def test_what_a_file_does_not_tell_is_listed() -> None:
    block = TextBlock(
        Texts("Łódź"),
        (Texts(),) * 3,
        is_copyrighted=True,
        genre=Genre(11, "Fólk"),
        closed="secret",
        raw=(RawPack(0x88, 0, bytes(12)),),
    )
    japanese = replace(block, charset=Charset.MS_JIS)
    tracks = (DISC.tracks[0], replace(DISC.tracks[1], scms=True), DISC.tracks[2])
    disc = Disc(tracks, 1_650, "", "CAT-1", (block, japanese))
    found = [(each.field, each.text, each.written) for each in toc_losses(disc)]
    assert found == [
        ("master id", "CAT-1", ""),
        ("track 02 SCMS", "copy of a copy forbidden", "NO COPY"),
        ("language 1 genre", "Fólk", "Folk"),
        ("language 1 title", "Łódź", "Lódz"),
        ("language 1 copyright", "asserted", ""),
        ("language 1 closed information", "secret", ""),
        ("language 1 packs", "88", ""),
        ("language 2", "MS-JIS", ""),
    ]
    ascii_block = replace(block, charset=Charset.ASCII)
    assert Loss("language 1 charset", "ASCII", "ISO 8859-1") in toc_losses(
        replace(disc, cd_text=(ascii_block,))
    )


def test_the_length_of_a_file_is_asked_for_where_it_counts() -> None:
    piece = FilePiece("a.wav", 588, is_wav=True)
    sheet = TocSheet((TocTrack((SilentPiece(588), piece)), TocTrack((SilentPiece(588),))))
    disc = disc_of_toc(sheet, {"a.wav": 588 * 11})
    assert [track.start_sector for track in disc.tracks] == [150, 161]
    assert disc.lead_out_sector == 162
    with pytest.raises(FormatError, match="track 01 goes to the end"):
        disc_of_toc(sheet)
    with pytest.raises(FormatError, match=r"behind the end of 'a.wav'"):
        disc_of_toc(sheet, {"a.wav": 588})
    with pytest.raises(FormatError, match="track 01 is 1 samples longer than whole sectors"):
        disc_of_toc(sheet, {"a.wav": 589 + 588})


def test_sheet_and_files_give_disc_and_sound(
    tmp_path: Path, noise: Callable[[int], bytes]
) -> None:
    pcm = noise(20)
    header = wav_header(10 * 588, sample_rate_hz=44_100, bits=16, n_channels=2)
    (tmp_path / "a.wav").write_bytes(header + pcm[: 10 * 2_352])
    (tmp_path / "b.raw").write_bytes(b"head" + pcm[10 * 2_352 :])
    lines = ["TRACK AUDIO", 'FILE "a.wav" 0', "SILENCE 00:00:01", 'FILE "b.raw" SWAP #4 588']
    (tmp_path / "disc.toc").write_text("\n".join(lines))
    program = read_toc(tmp_path / "disc.toc")
    assert program.disc.lead_out_sector == 150 + 20
    found = b"".join(read_program(tmp_path, program.pieces))
    assert found == pcm[: 10 * 2_352] + bytes(2_352) + pcm[11 * 2_352 :]
    (tmp_path / "disc.toc").write_bytes(b" " * 1_000_001)
    with pytest.raises(FormatError, match="far too long"):
        read_toc(tmp_path / "disc.toc")
