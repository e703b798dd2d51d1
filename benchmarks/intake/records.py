"""Whole albums to try the intake on: clean ones of many kinds, as files and a spec.

Each song of an album is a clean programme. Beside the mixes lies what is rightly sent along: an
instrumental of the first song, and the stems of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

from benchmarks.intake.programmes import programme
from pipeline.dsp import Audio

SECONDS = 16.0
N_SONGS = 6
TITLES = ("Rain", "Snow", "Fog", "Mist", "Dusk", "Thaw")
WITH_INSTRUMENTAL, WITH_STEMS, BARE = TITLES[:3]
STEMS = ("Bass", "Drums", "Vocals")

RECORDS: dict[str, tuple[str, ...]] = {
    "a rock band": ("rock",),
    "a metal band": ("metal",),
    "a songwriter": ("folk", "folk", "piano", "folk", "solo voice", "folk"),
    "an orchestra": ("orchestra", "chamber"),
    "choir and piano": ("choir", "piano"),
    "a jazz trio": ("jazz trio",),
    "club music": ("techno", "synth pop", "dub"),
    "chiptunes": ("chiptune",),
    "drones": ("drone", "ambient"),
    "old tapes": ("old time", "lo-fi"),
    "spoken word": ("spoken word",),
    "a sampler": ("rock", "choir", "techno", "percussion", "folk", "music box"),
}
"""Kinds of music by the name of the album, in order of the songs and over again."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A file of a mix.

    Parameters
    ----------
    audio : Audio
        Its samples.
    sample_rate_hz : int
        Their rate.
    subtype : str
        How WAV files keep them; an MP3 keeps them as it does.
    is_whole : bool
        Whether all of the file has arrived, not a third of it.
    """

    audio: Audio
    sample_rate_hz: int
    subtype: str = "PCM_24"
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """An album as it is sent: a spec, and files.

    Parameters
    ----------
    name : str
        What kind of album it is.
    songs : mapping of str to str
        File of each song, by its id.
    titles : mapping of str to str
        Titles by id; a clean album has `TITLES` for both.
    files : mapping of str to Mix
        All files by name: those of the songs, and what lies beside.
    """

    name: str
    songs: Mapping[str, str]
    titles: Mapping[str, str]
    files: Mapping[str, Mix]

    def mix(self, song: str) -> Mix:
        """Return the mix of a song."""
        return self.files[self.songs[song]]


def record(name: str, *, seed: int = 0, seconds: float = SECONDS) -> Record:
    """Return a clean album, the same for the same seed: every other one at 44.1 kHz."""
    kinds = RECORDS[name]
    is_44_1 = list(RECORDS).index(name) % 2
    songs = {title: f"{number:02d} {title}.wav" for number, title in enumerate(TITLES, 1)}
    files = {}
    for number, file in enumerate(songs.values()):
        # A programme's rate depends on its seed; all songs of an album have one.
        fresh = 3 * (N_SONGS * seed + number) + is_44_1
        song = programme(kinds[number % len(kinds)], fresh, seconds=seconds)
        files[file] = Mix(song.audio, song.sample_rate_hz)
    made = Record(name, songs, dict(zip(TITLES, TITLES, strict=True)), files)
    instrumental = {"01 Rain (Instrumental).wav": without_voice(made.mix(WITH_INSTRUMENTAL))}
    stems = {
        f"02 Snow {part}.wav": stem
        for part, stem in zip(STEMS, stems_of(made.mix(WITH_STEMS)), strict=True)
    }
    return Record(made.name, songs, made.titles, {**files, **instrumental, **stems})


def without_voice(mix: Mix) -> Mix:
    """Return the mix without most of what lies where voices do."""
    _, middle, _ = stems_of(mix)
    return Mix(mix.audio - 0.75 * middle.audio, mix.sample_rate_hz)


def stems_of(mix: Mix) -> tuple[Mix, Mix, Mix]:
    """Return three parts that add up to the mix: below 300 Hz, between, above 3 kHz."""
    low = butter(2, 300.0, fs=mix.sample_rate_hz, output="sos")
    high = butter(2, 3_000.0, "highpass", fs=mix.sample_rate_hz, output="sos")
    # Faders turn no phase; a filter that does turns over what it lets through of the rest.
    bottom, top = (np.asarray(sosfiltfilt(each, mix.audio, axis=0)) for each in (low, high))
    parts = (bottom, mix.audio - bottom - top, top)
    first, second, third = (Mix(part, mix.sample_rate_hz) for part in parts)
    return first, second, third


def lay(made: Record, folder: Path, *, lying: Mapping[str, Mix]) -> None:
    """Write an album into a folder in which the files of another lie.

    Only what differs is written, so that what was heard before is not heard again.
    """
    (folder / "mixes").mkdir(exist_ok=True)
    for name in lying.keys() - made.files.keys():
        (folder / "mixes" / name).unlink()
    for name, mix in made.files.items():
        if lying.get(name) is not mix:
            _write(folder / "mixes" / name, mix)
    songs = "".join(
        f"  {song.lower()}: {{title: {made.titles[song]}, mix: mixes/{file}}}\n"
        for song, file in made.songs.items()
    )
    spec = f"album: {{title: T, artist: A}}\ntracks:\n{songs}"
    (folder / "album.yaml").write_text(spec, encoding="utf-8")


def _write(path: Path, mix: Mix) -> None:
    import soundfile

    subtype = mix.subtype if path.suffix == ".wav" else None
    soundfile.write(path, mix.audio, mix.sample_rate_hz, subtype=subtype)
    if not mix.is_whole:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 3])
