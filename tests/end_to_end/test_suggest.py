from __future__ import annotations

import codecs
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import cli
from pipeline.build import Settings
from pipeline.build.check import check_album
from pipeline.build.suggesting import SuggestedLines, suggest
from pipeline.errors import UsageError
from tests.conftest import Album, Listener

Suggest = Callable[..., SuggestedLines]

SPEC = """\
# Songs of a short night — 岸 🎵
album: {title: "Small Hours", artist: 'The Testers'}
tracks:
  # the first
  dawn:  {title: Dawn, mix: mixes/dawn.wav}  # flow
  noon:
    title: "Noon"\t# a tab
    mix: mixes/noon.wav
    # nothing else

  dusk: {title: Dusk, mix: mixes/dusk.wav, chain: [{gain: -1 dB}]}
deliverables:
  lossless: {kind: files, format: flac}"""


def lean(path: Path, offset: float) -> None:
    """Let the waveform of a mix lie beside its middle."""
    audio, rate = soundfile.read(path, always_2d=True)
    soundfile.write(path, audio * 0.8 + offset, rate, subtype="PCM_24")


@pytest.fixture(scope="module")
def heard_once(tmp_path_factory: pytest.TempPathFactory, mixes: Path) -> Album:
    """Return an album of which two mixes have direct current in them; not to be written to."""
    album = Album(tmp_path_factory.mktemp("leaning") / "album")
    shutil.copytree(mixes, album.folder / "mixes")
    album.spec.write_text(SPEC, encoding="utf-8")
    for name in ("dawn", "dusk"):
        lean(album.mix(name), 0.02)
    run(album, dry_run=True)
    return album


@pytest.fixture
def leaning(heard_once: Album, tmp_path: Path) -> Album:
    """Return a copy of that album, whose mixes were heard before."""
    shutil.copytree(heard_once.folder, tmp_path / "album")
    return Album(tmp_path / "album")


def run(album: Album, *, dry_run: bool = False) -> SuggestedLines:
    return suggest(album.spec, dry_run=dry_run, settings=Settings(), teller=Listener())


def test_lines_are_put_in_where_they_are_needed_and_nowhere_else(leaning: Album) -> None:
    found = run(leaning)
    assert found.is_written
    assert [(each.track, each.suggestion.topic) for each in found.proposed] == [
        ("dawn", "direct current"),
        ("dusk", "direct current"),
    ]
    assert found.nothing_for == ("noon",)
    text = leaning.text
    assert text.count("# suggested against direct current: the waveform stands -34 dBFS") == 2
    for line in SPEC.splitlines():
        kept = line.partition("}  # flow")[0].partition("[{gain")[0]
        assert kept in text, line
    assert not text.endswith("\n")
    checked = check_album(leaning.spec, settings=Settings(), teller=Listener()).checked
    assert not [each for each in checked.findings if each.check.startswith(("master", "spec"))]


def test_the_build_moves_what_was_measured(leaning: Album) -> None:
    before = leaning.build("lossless")
    assert before.report.editions
    leans = abs(leaning.pcm("lossless", "dawn").mean())
    noon = leaning.pcm("lossless", "noon")
    run(leaning)
    leaning.build("lossless")
    # The corner of 2 Hz takes a tenth of a second of these four to find the middle.
    assert abs(leaning.pcm("lossless", "dawn").mean()) < 0.1 * leans
    np.testing.assert_array_equal(leaning.pcm("lossless", "noon"), noon)


def test_nothing_is_suggested_twice_nor_what_was_struck_out(leaning: Album) -> None:
    run(leaning)
    once = leaning.text
    again = run(leaning)
    assert not again.is_written
    assert again.nothing_for == ("dawn", "noon", "dusk")
    assert leaning.text == once
    struck = once.replace("        {dc_removal", "        # {dc_removal")
    assert struck != once
    leaning.spec.write_text(struck, encoding="utf-8")
    assert not run(leaning).is_written
    assert leaning.text == struck
    deleted = [line for line in once.split("\n") if "dc_removal" not in line]
    leaning.spec.write_text("\n".join(deleted), encoding="utf-8")
    assert len(run(leaning).proposed) == 2


def test_a_dry_run_writes_nothing_and_says_the_same(leaning: Album) -> None:
    dry = run(leaning, dry_run=True)
    assert leaning.text == SPEC
    assert not dry.is_written
    wet = run(leaning)
    assert (wet.diff, wet.proposed) == (dry.diff, dry.proposed)
    assert any("{dc_removal: {below: 2 Hz}},  # suggested" in line for line in dry.diff)


def test_encoding_line_ends_rights_and_links_stay(leaning: Album) -> None:
    crlf = SPEC.replace("\n", "\r\n").encode()
    real = leaning.folder / "kept" / "real.yaml"
    real.parent.mkdir()
    real.write_bytes(codecs.BOM_UTF8 + crlf)
    real.chmod(0o640)
    leaning.spec.unlink()
    leaning.spec.symlink_to(real)
    assert run(leaning).is_written
    data = real.read_bytes()
    assert leaning.spec.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert data.startswith(codecs.BOM_UTF8)
    assert data.count(b"\r\n") == data.count(b"\n") > crlf.count(b"\n")


def test_a_spec_that_is_edited_meanwhile_is_left_alone(leaning: Album) -> None:
    class Editor(Listener):
        def stage(self, name: str) -> None:
            leaning.spec.write_text(SPEC + "\n# mine", encoding="utf-8")

    lean(leaning.mix("noon"), 0.001)  # so that there is something to hear again
    with pytest.raises(UsageError, match="changed meanwhile"):
        suggest(leaning.spec, dry_run=False, settings=Settings(), teller=Editor())
    assert leaning.text == SPEC + "\n# mine"


def test_finished_masters_and_written_reasons_are_left_alone(leaning: Album) -> None:
    leaning.change("mix: mixes/dawn.wav", "master: mixes/dawn.wav")
    leaning.change("chain: [{gain: -1 dB}]", "intent: {dc_offset: it is so}")
    text = leaning.text
    found = run(leaning)
    assert found.proposed == ()
    assert leaning.text == text


def test_what_cannot_be_put_in_is_told_to_be_put_in_by_hand(leaning: Album) -> None:
    leaning.change("[{gain: -1 dB}]", "&quiet [{gain: -1 dB}]")
    leaning.change("\ndeliverables", "\ndefaults: {chain: [{gain: -2 dB}]}\ndeliverables")
    text = leaning.text
    found = run(leaning)
    assert leaning.text == text  # a chain of its own would take that of the defaults away
    assert [each.by_hand for each in found.proposed] == [
        "what is written there is used elsewhere too",
        "its chain has a name that others may use",
    ]
    said = "\n".join(found.lines())
    assert "dawn: what is written there is used elsewhere too; put it in by hand:" in said
    assert "      - dc_removal: {below: 2 Hz}  # suggested against direct current" in said


def test_the_command_says_every_line_that_it_puts_in(
    leaning: Album, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(leaning.folder)

    def said(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["glassmaster", "suggest", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert not left.value.code
        return capsys.readouterr().out

    dry = said("--dry-run")
    assert "not changed" in dry
    shown = json.loads(said("--dry-run", "--json"))
    assert [each["line"].partition("  #")[0] for each in shown["proposed"]] == [
        "dc_removal: {below: 2 Hz}"
    ] * 2
    assert shown["proposed"][0]["evidence"]["offset_dbfs"] == pytest.approx(-34.0, abs=0.5)
    told = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    assert all(f"`{key}`" in told for key in [*shown, *shown["proposed"][0]])
    quiet = said("--quiet")
    assert quiet.count("+        {dc_removal") == 1
    assert "2 lines put in" not in quiet
    assert "nothing is put in" in said()
