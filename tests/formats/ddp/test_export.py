from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from formats.cdtext import encode_cdtext
from formats.charsets import Loss
from formats.cue_disc import read_cue
from formats.ddp.export import EXPORTS, export_cue, export_toc, export_wav_cue
from formats.ddp.writer import write_fileset
from formats.disc import Disc, TextBlock
from formats.errors import EncodeError, FormatError
from formats.program import Program, read_program
from formats.toc_disc import read_toc


def sound(folder: Path, program: Program) -> bytes:
    return b"".join(read_program(folder, program.pieces))


@pytest.mark.parametrize("name", EXPORTS)
def test_what_is_exported_is_the_disc_and_its_sound(
    name: str, fileset: Path, tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    exported = EXPORTS[name](fileset, tmp_path / "out", stem="Low Water")
    sheet = exported.files[0]
    program = read_toc(sheet) if name == "toc" else read_cue(sheet)
    assert program.disc == replace(disc, master_id="")
    assert sound(tmp_path / "out", program) == audio[150 * 2_352 :]
    assert exported.losses == (Loss("master id", "CAT-001", ""),)
    assert sorted((tmp_path / "out").iterdir()) == sorted(exported.files)


def test_the_files_have_the_names_that_are_asked_for(fileset: Path, tmp_path: Path) -> None:
    def names(folder: str) -> list[str]:
        return sorted(path.name for path in (tmp_path / folder).iterdir())

    export_cue(fileset, tmp_path / "a")
    assert names("a") == ["disc.bin", "disc.cdt", "disc.cue"]
    export_wav_cue(fileset, tmp_path / "b")
    assert names("b") == ["disc.cdt", "disc.cue", "disc.wav"]
    export_toc(fileset, tmp_path / "c", stem="x")
    assert names("c") == ["x.toc", "x.wav"]


def test_cd_text_goes_along_as_it_is(fileset: Path, tmp_path: Path, disc: Disc) -> None:
    export_cue(fileset, tmp_path / "out")
    assert (tmp_path / "out" / "disc.cdt").read_bytes() == encode_cdtext(disc.cd_text)


def test_a_disc_without_texts_needs_no_file_for_them(
    tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    write_fileset(tmp_path / "ddp", replace(disc, cd_text=()), [audio])
    assert len(export_cue(tmp_path / "ddp", tmp_path / "out").files) == 2


@pytest.mark.parametrize("name", EXPORTS)
def test_sound_that_no_sheet_reaches_is_told(
    name: str, tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    write_fileset(tmp_path / "ddp", disc, [b"\1" + audio[1:]])
    lost = EXPORTS[name](tmp_path / "ddp", tmp_path / "out").losses
    assert Loss("sound before 00:02:00", "not silent", "") in lost


def test_a_toc_file_lists_what_it_does_not_tell(
    tmp_path: Path, disc: Disc, audio: bytes
) -> None:
    block: TextBlock = replace(disc.cd_text[0], closed="secret")
    write_fileset(tmp_path / "ddp", replace(disc, cd_text=(block,)), [audio])
    lost = export_toc(tmp_path / "ddp", tmp_path / "out").losses
    assert Loss("language 1 closed information", "secret", "") in lost
    assert len(export_cue(tmp_path / "ddp", tmp_path / "out").losses) == 1


def test_what_is_there_is_not_written_over(fileset: Path, tmp_path: Path) -> None:
    (tmp_path / "disc.bin").write_bytes(b"mine")
    with pytest.raises(EncodeError, match=r"must not hold disc\.bin already"):
        export_cue(fileset, tmp_path)
    assert (tmp_path / "disc.bin").read_bytes() == b"mine"
    assert not (tmp_path / "disc.cue").exists()


def test_an_image_that_ends_early_leaves_nothing(fileset: Path, tmp_path: Path) -> None:
    image = fileset / "IMAGE.DAT"
    image.write_bytes(image.read_bytes()[:-2_352])
    with pytest.raises(FormatError):
        export_cue(fileset, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
