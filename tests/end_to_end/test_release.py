"""What fails is not for release, whoever is in a hurry; what is meant is said and printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from pypdf import PdfReader

from pipeline.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.build import Built
    from tests.conftest import Album, MakeMix, NewAlbum

CLIPPED = """\
album: {title: Loud, artist: The Testers}
tracks:
  hot: {title: Hot, mix: mixes/hot.wav}
deliverables:
  cd: {kind: cd_image}
  lossless: {kind: files, format: flac}
"""


DRIVEN = """\
level: {match: integrated, at: -3 LUFS}
limiter: {ceiling: -1 dBTP}
tracks:"""


def told(built: Built) -> set[str]:
    """Return what was found in the deliverables."""
    return {
        f"{each.check}:{each.code}"
        for deliverable in built.report.deliverables
        for each in deliverable.findings
    }


@pytest.fixture
def clipped(new_album: NewAlbum) -> Album:
    """An album whose mix is cut off at full scale all through."""
    album = new_album(CLIPPED, name="clipped")
    time_s = np.arange(48_000 * 5) / 48_000
    square = np.clip(4.0 * np.sin(2 * np.pi * 440.0 * time_s), -1.0, 1.0)
    soundfile.write(album.mix("hot"), np.stack((square, square[::-1]), 1), 48_000, "PCM_24")
    return album


def said_by(paper: Path) -> str:
    """Return what a paper says, whatever its form; with its stamp if it is held."""
    if paper.suffix == ".pdf":
        return "\n".join(page.extract_text() for page in PdfReader(paper).pages)
    text = paper.read_text(encoding="utf-8")
    if paper.suffix == ".json" and json.loads(text)["heading"]["held"]:
        return f"NOT FOR RELEASE {text}"
    return text


def test_a_failure_without_a_reason_is_not_for_release(clipped: Album) -> None:
    built = clipped.build()
    assert not built.report.is_released
    assert "NOT FOR RELEASE" in built.report.summary
    assert {each.status for each in built.report.deliverables} == {"held"}
    for deliverable in ("cd", "lossless"):
        assert not (clipped.out / deliverable / "SEND").exists()
        assert not clipped.manifest(deliverable).is_released
        papers = sorted((clipped.out / deliverable / "papers").iterdir())
        assert papers
        for paper in papers:
            assert "NOT FOR RELEASE" in said_by(paper)
            assert "clipped" in said_by(paper)
    assert "NOT FOR RELEASE" in built.page.read_text(encoding="utf-8")


def test_it_stays_held_when_it_is_built_again(clipped: Album) -> None:
    clipped.build()
    built = clipped.build()
    assert clipped.heard.steps == []
    assert not built.report.is_released
    assert {each.status for each in built.report.deliverables} == {"held"}


def test_a_written_reason_releases_it_and_is_printed(clipped: Album) -> None:
    clipped.build()
    clipped.change(
        "mix: mixes/hot.wav", "mix: mixes/hot.wav, intent: {clipped: the sound of the amp}"
    )
    built = clipped.build()
    assert built.report.is_released
    for deliverable in ("cd", "lossless"):
        assert (clipped.out / deliverable / "SEND").is_dir()
        for paper in (clipped.out / deliverable / "papers").iterdir():
            assert "NOT FOR RELEASE" not in said_by(paper)
    (finding,) = (each for each in built.report.findings if each.code == "clipped")
    assert finding.waived == "the sound of the amp"
    assert "the sound of the amp" in built.page.read_text(encoding="utf-8")
    data = json.loads((clipped.out / "reports" / "album.json").read_text(encoding="utf-8"))
    assert "the sound of the amp" in json.dumps(data["findings"])


def test_a_package_that_was_sent_is_withdrawn_when_its_mix_fails(
    clipped: Album, album: Album
) -> None:
    album.mix("noon").write_bytes(clipped.mix("hot").read_bytes())
    built = album.build()
    assert not built.report.is_released
    for deliverable in ("cd", "lossless", "promo"):
        assert not (album.out / deliverable / "SEND").exists()


def off_in_loudness(built: Built) -> list[str]:
    """Return what the verifier says of loudness that is not what was decided."""
    findings = [each for made in built.report.deliverables for each in made.findings]
    return [each.message for each in findings if each.check == "audio/loudness"]


CROSSFADED = """\
album: {title: Blend, artist: The Testers}
level: {match: integrated, at: -14 LUFS}
limiter: {ceiling: -1 dBTP}
tracks:
  out: {title: Out, mix: mixes/out.wav}
  in:  {title: In, mix: mixes/in.wav, crossfade_from: out, crossfade: 6 s}
deliverables:
  lossless: {kind: files, format: flac}
"""


def test_songs_that_overlap_are_promised_what_is_in_their_files(
    new_album: NewAlbum, make_mix: MakeMix
) -> None:
    album = new_album(CROSSFADED)
    for seed, name in enumerate(("out", "in")):
        path = make_mix(album.mix(name), 5.0, 48_000, seed=seed)
        audio, rate = soundfile.read(path)
        audio = np.tile(audio, (6, 1))
        audio *= np.interp(np.arange(len(audio)) / rate, [0, 8, 22, 30], [0.3, 1, 1, 0.3])[
            :, None
        ]
        soundfile.write(path, audio, rate, "PCM_24")
    assert not off_in_loudness(album.build())


def test_a_short_song_that_ends_at_once_is_released(new_album: NewAlbum) -> None:
    album = new_album(CROSSFADED.replace(", crossfade_from: out, crossfade: 6 s", ""))
    time_s = np.arange(round(4.2 * 48_000)) / 48_000
    tone = 0.2 * np.sin(2 * np.pi * 440.0 * time_s)
    for name in ("out", "in"):
        soundfile.write(album.mix(name), np.stack((tone, -tone), 1), 48_000, "PCM_24")
    assert not off_in_loudness(album.build())


BROKEN = {
    "empty": (b"", "empty|no bytes|0 bytes"),
    "no audio": (b"This is a shopping list. " * 99, "audio"),
    "truncated": (None, "cut|end|short|truncated|missing"),
    "not a number": (None, "NaN|number|finite"),
    "infinite": (None, "NaN|number|finite|infin"),
    "zero length": (None, "no samples|no audio|empty|nothing"),
    "six channels": (None, "channel"),
}


def broken_bytes(what: str, album: Album) -> bytes:
    data, _ = BROKEN[what]
    if data is not None:
        return data
    path = album.folder / "broken.wav"
    audio = np.full((48_000, 2), 0.1)
    if what == "truncated":
        whole = album.mix("dawn").read_bytes()
        return whole[: len(whole) // 2]
    if what in ("not a number", "infinite"):
        audio[1_000] = np.nan if what == "not a number" else np.inf
        soundfile.write(path, audio, 48_000, "FLOAT")
    elif what == "zero length":
        soundfile.write(path, audio[:0], 48_000, "PCM_24")
    else:
        soundfile.write(path, np.full((48_000, 6), 0.1), 48_000, "PCM_24")
    return path.read_bytes()


@pytest.mark.parametrize("what", BROKEN)
def test_a_mix_that_cannot_be_used_stops_before_anything_is_made(
    new_album: NewAlbum, what: str
) -> None:
    album = new_album()
    album.mix("noon").write_bytes(broken_bytes(what, album))
    with pytest.raises(SourceError, match=BROKEN[what][1]) as caught:
        album.build()
    assert caught.value.exit_code == 3
    assert "noon.wav" in caught.value.where
    assert not album.out.exists()
    assert not (album.folder / "album.lock").exists()


def test_a_broken_new_mix_leaves_what_was_built(album: Album) -> None:
    before = album.snapshot()
    data = album.mix("noon").read_bytes()
    album.mix("noon").write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError):
        album.build()
    assert album.snapshot() == before
    album.mix("noon").write_bytes(data)
    built = album.build()
    assert built.report.ran == ()
    assert {each.status for each in built.report.deliverables} == {"unchanged"}


def test_every_mix_that_cannot_be_used_is_named_at_once(new_album: NewAlbum) -> None:
    album = new_album()
    album.mix("noon").unlink()
    album.mix("dusk").unlink()
    with pytest.raises(SourceError) as caught:
        album.build()
    assert "noon.wav" in str(caught.value)
    assert "dusk.wav" in str(caught.value)


def test_a_song_that_is_driven_flat_is_told_with_what_the_limiter_took(
    new_album: NewAlbum, make_mix: MakeMix
) -> None:
    album = new_album(CLIPPED.replace("tracks:", DRIVEN), name="driven")
    make_mix(album.mix("hot"), 8.0, 48_000, seed=4)
    assert "audio/dynamics:hot" in told(album.build("lossless"))
    promise = album.manifest("lossless").audio_files[0].tracks[0]
    assert promise.limited_db > 6.0
    album.change("at: -3 LUFS", "at: -16 LUFS")
    assert not [each for each in told(album.build("lossless")) if "dynamics" in each]
