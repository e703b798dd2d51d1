"""Faults between the files of an album, put into a clean one at a known song."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from soxr import resample

from benchmarks.intake.faults_levels import laundered, limited
from benchmarks.intake.faults_spectrum import tilted
from benchmarks.intake.records import (
    BARE,
    TITLES,
    WITH_INSTRUMENTAL,
    WITH_STEMS,
    Mix,
    Record,
    without_voice,
)
from pipeline.dsp import Audio

Put = Callable[[Record, str], Record]
Change = Callable[[Mix], Mix]

ORIGINAL = TITLES[4]
"""The song whose recording comes a second time; the later one is told of."""
COPY = TITLES[5]


@dataclass(frozen=True, slots=True)
class AlbumFault:
    """A fault that is put into a clean album.

    Parameters
    ----------
    name : str
        What people call it.
    expects : str
        The finding that it must raise: ``intake/claims:two-files``.
    put : callable
        Returns a spoilt album; it is given the clean one and the song.
    song : str
        The song that the finding must name; empty if it is about the album.
    """

    name: str
    expects: str
    put: Put
    song: str = BARE


# --- what is done to a mix ------------------------------------------------------------------


def as_it_is(mix: Mix) -> Mix:
    """Return the same audio."""
    return replace(mix)


def heard(mix: Mix, made: Callable[[Audio], Audio]) -> Mix:
    """Return the mix with other samples."""
    return replace(mix, audio=made(mix.audio))


def gain(mix: Mix, *, db: float) -> Mix:
    """Change the level."""
    return heard(mix, lambda audio: audio * 10.0 ** (db / 20.0))


def late(mix: Mix, *, by_s: float) -> Mix:
    """Put silence in front; a negative time takes audio away there. The length stays."""
    n_late = round(by_s * mix.sample_rate_hz)
    moved = np.zeros_like(mix.audio)
    if n_late > 0:
        moved[n_late:] = mix.audio[:-n_late]
    else:
        moved[:n_late] = mix.audio[-n_late:]
    return replace(mix, audio=moved)


def shorter(mix: Mix, *, by_s: float) -> Mix:
    """Take the end away."""
    return heard(mix, lambda audio: audio[: -round(by_s * mix.sample_rate_hz)])


def turned_over(mix: Mix) -> Mix:
    """Invert it."""
    return heard(mix, np.negative)


def swapped(mix: Mix) -> Mix:
    """Change left and right over."""
    return heard(mix, lambda audio: np.ascontiguousarray(audio[:, ::-1]))


def at_other_rate(mix: Mix) -> Mix:
    """Resample it to the other usual rate."""
    other_hz = 44_100 if mix.sample_rate_hz == 48_000 else 48_000
    audio = np.asarray(resample(mix.audio, mix.sample_rate_hz, other_hz))
    return Mix(audio, other_hz, mix.subtype)


def denser(mix: Mix, *, by_db: float) -> Mix:
    """Limit it."""
    none = np.random.default_rng(0)
    audio = limited(mix.audio, mix.sample_rate_hz, none, over_db=by_db)
    return replace(mix, audio=audio)


def through_mp3(mix: Mix) -> Mix:
    """Encode and decode it at 128 kb/s."""
    none = np.random.default_rng(0)
    how = {"codec": "libmp3lame", "kbps": 128, "suffix": ".mp3"}
    return replace(mix, audio=laundered(mix.audio, mix.sample_rate_hz, none, **how))


def mixed_anew(mix: Mix) -> Mix:
    """Bring the voice and the top up, as a revision does: of a voice alone, too."""
    louder = heard(mix, lambda audio: 0.5 * (3.0 * audio - 2.0 * without_voice(mix).audio))
    return other_tone(louder, db_per_octave=1.0)


def other_tone(mix: Mix, *, db_per_octave: float) -> Mix:
    """Tilt the spectrum around 600 Hz."""
    return heard(
        mix, lambda audio: tilted(audio, mix.sample_rate_hz, db_per_octave=db_per_octave)
    )


# --- where it is put ------------------------------------------------------------------------


def in_place(album: Record, song: str, *, change: Change) -> Record:
    """Change the mix of the song."""
    return _with(album, {album.songs[song]: change(album.mix(song))})


def under_two_titles(album: Record, song: str, *, change: Change) -> Record:
    """Give the song the recording of another one, changed."""
    return _with(album, {album.songs[song]: change(album.mix(ORIGINAL))})


def beside(album: Record, song: str, *, name: str, change: Change) -> Record:
    """Put a changed copy beside the mix of the song."""
    file = f"{TITLES.index(song) + 1:02d} {song}{name}"
    return _with(album, {file: change(album.mix(song))})


def used_and_beside(album: Record, song: str, *, name: str, change: Change) -> Record:
    """Use the changed mix, and leave the original beside it."""
    return in_place(beside(album, song, name=name, change=as_it_is), song, change=change)


def versions(album: Record, song: str, *, used: int, beside: int) -> Record:
    """Give the mix the number of a version, and put another version of it beside."""
    mix, stem = album.mix(song), f"{TITLES.index(song) + 1:02d} {song}"
    files = {name: each for name, each in album.files.items() if name != album.songs[song]}
    files |= {f"{stem} v{used}.wav": mix, f"{stem} v{beside}.wav": mixed_anew(mix)}
    songs = {**album.songs, song: f"{stem} v{used}.wav"}
    return replace(album, songs=songs, files=files)


def sent_along(album: Record, song: str, *, ending: str, change: Change) -> Record:
    """Change what lies beside the song: its instrumental, or one of its stems."""
    (file,) = (name for name in album.files if name.endswith(f"{song} {ending}.wav"))
    return _with(album, {file: change(album.files[file])})


def a_stem_less(album: Record, song: str) -> Record:
    """Forget one of the stems."""
    kept = {
        name: mix for name, mix in album.files.items() if not name.endswith(f"{song} Drums.wav")
    }
    return replace(album, files=kept)


def one_title_twice(album: Record, song: str) -> Record:
    """Give the song the title of another one."""
    return replace(album, titles={**album.titles, song: album.titles[ORIGINAL]})


def many_files(album: Record, song: str) -> Record:
    """Put a sample library beside the mixes."""
    short = heard(album.mix(song), lambda audio: audio[48_000:72_000])
    return _with(album, {f"sample {number}.wav": short for number in range(30)})


def _with(album: Record, files: dict[str, Mix]) -> Record:
    return replace(album, files={**album.files, **files})


def _in_place(change: Callable[..., Mix], **how: float) -> Put:
    return partial(in_place, change=partial(change, **how))


def _again(change: Callable[..., Mix], **how: float) -> Put:
    return partial(under_two_titles, change=partial(change, **how))


def _beside(name: str, change: Callable[..., Mix], **how: float) -> Put:
    return partial(beside, name=name, change=partial(change, **how))


def _along(ending: str, change: Callable[..., Mix], **how: float) -> Put:
    return partial(sent_along, ending=ending, change=partial(change, **how))


def _used(change: Callable[..., Mix], **how: float) -> Put:
    return partial(used_and_beside, name=" (no limiter).wav", change=partial(change, **how))


_SAME = "intake/duplicate:same-audio"
_RECORDING = "intake/duplicate:same-recording"
_APART = "intake/alternates:apart"
_VERSION = "intake/claims"
_TONE = "intake/album_tone:apart"
_FEWER_BITS = partial(in_place, change=partial(replace, subtype="PCM_16"))
_BROKEN = partial(beside, name=" bounce.wav", change=partial(replace, is_whole=False))

FAULTS = (
    AlbumFault("one mix at the other rate", "intake/album_format:other-rate",
               _in_place(at_other_rate)),
    AlbumFault("one mix in 16 bits", "intake/album_format:other-depth", _FEWER_BITS),
    AlbumFault("3 dB per octave darker", _TONE, _in_place(other_tone, db_per_octave=-3.0)),
    AlbumFault("3 dB per octave brighter", _TONE, _in_place(other_tone, db_per_octave=3.0)),
    AlbumFault("another song's file", _SAME, _again(as_it_is), COPY),
    AlbumFault("another song, 2 dB softer", _SAME, _again(gain, db=-2.0), COPY),
    AlbumFault("another song, 0.4 s later", _SAME, _again(late, by_s=0.4), COPY),
    AlbumFault("another song, turned over", _SAME, _again(turned_over), COPY),
    AlbumFault("another song at another rate", _SAME, _again(at_other_rate), COPY),
    AlbumFault("another song, limited by 8 dB", _RECORDING, _again(denser, by_db=8.0), COPY),
    AlbumFault("another song from an MP3", _RECORDING, _again(through_mp3), COPY),
    AlbumFault("another song without its voice", "intake/duplicate:sounds-alike",
               _again(without_voice), COPY),
    AlbumFault("one title twice", "intake/claims:same-title", one_title_twice, COPY),
    AlbumFault("a newer version beside", "intake/claims:newer-beside",
               partial(versions, used=2, beside=3)),
    AlbumFault("an older version beside", "intake/claims:older-beside",
               partial(versions, used=3, beside=2)),
    AlbumFault("another mix of the same name beside", "intake/claims:two-files",
               _beside(" mix.wav", mixed_anew)),
    AlbumFault("an MP3 of the mix beside", "intake/claims:copy-beside",
               _beside(".mp3", as_it_is)),
    AlbumFault("limited by 4 dB, the mix beside", "intake/listening_mix:limited-one-used",
               _used(denser, by_db=4.0)),
    AlbumFault("limited by 8 dB, the mix beside", "intake/listening_mix:limited-one-used",
               _used(denser, by_db=8.0)),
    AlbumFault("a copy limited by 4 dB beside", "intake/listening_mix:limited-one-beside",
               _beside(" LOUD.wav", denser, by_db=4.0)),
    AlbumFault("sides changed over beside", "intake/swapped:other-way-round",
               _beside(" for the band.wav", swapped)),
    AlbumFault("the instrumental 20 ms late", _APART,
               _along("(Instrumental)", late, by_s=0.02), WITH_INSTRUMENTAL),
    AlbumFault("the instrumental 0.3 s early", _APART,
               _along("(Instrumental)", late, by_s=-0.3), WITH_INSTRUMENTAL),
    AlbumFault("the instrumental 0.5 s short", _APART,
               _along("(Instrumental)", shorter, by_s=0.5), WITH_INSTRUMENTAL),
    AlbumFault("the instrumental turned over", _APART,
               _along("(Instrumental)", turned_over), WITH_INSTRUMENTAL),
    AlbumFault("a stem 50 ms late", _APART, _along("Vocals", late, by_s=0.05), WITH_STEMS),
    AlbumFault("a stem at the other rate", _APART, _along("Vocals", at_other_rate), WITH_STEMS),
    AlbumFault("a stem 3 dB softer", "intake/stems:sum-differs",
               _along("Drums", gain, db=-3.0), WITH_STEMS),
    AlbumFault("a stem forgotten", "intake/stems:sum-differs", a_stem_less, WITH_STEMS),
    AlbumFault("a file that broke off beside", "intake/beside:not-read", _BROKEN, ""),
    AlbumFault("thirty samples beside", "intake/beside:left-out", many_files, ""),
)  # fmt: skip
