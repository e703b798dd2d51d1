"""Clean programmes of many kinds: mixes that an engineer would take as they are.

Each leaves 3 to 6 dB of headroom, begins after a breath of room and ends by ringing out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from synth import voices
from synth.desk import Desk, Stroke
from synth.filters import Curve, Sound

from benchmarks.intake import players as band
from benchmarks.intake.players import Instrument, Score
from pipeline.dsp import Audio

SECONDS = 24.0
_WARM: Curve = ((60, -1), (220, 1), (1_000, 0), (8_000, -2), (16_000, -6))
_DARK: Curve = ((70, -3), (250, 0), (1_500, -1), (4_500, -6), (8_000, -24), (16_000, -50))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of music.

    Parameters
    ----------
    play : callable
        Puts every part on the desk.
    bpm, ring_s, room_s : float
        Tempo, time left behind the last chord, length of the room.
    tone : curve
        Balance of the whole mix.
    glue_db : float
        How far its peaks are driven into saturation.
    hiss_dbfs : float
        Level of its noise.
    fade_s : float
        Length of a fade at its end.
    """

    play: Callable[[Desk, Score], None]
    bpm: float
    ring_s: float = 3.5
    room_s: float = 1.2
    tone: Curve = _WARM
    glue_db: float = 0.0
    hiss_dbfs: float = -86.0
    fade_s: float = 0.4


@dataclass(frozen=True, slots=True)
class Programme:
    """A clean mix and what it is.

    Parameters
    ----------
    kind : str
        Name of its kind, or the folder of a recording.
    name : str
        Kind and seed, or the recording's name.
    audio : Audio
        Its samples.
    sample_rate_hz : int
        Their rate.
    """

    kind: str
    name: str
    audio: Audio
    sample_rate_hz: int


def programme(kind: str, seed: int, *, seconds: float = SECONDS) -> Programme:
    """Return one clean mix of a kind, the same for the same seed."""
    how = KINDS[kind]
    rng = np.random.default_rng([seed, *kind.encode()])
    rate_hz = (48_000, 44_100, 48_000)[seed % 3]
    song = band.score(rng, rate_hz, seconds=seconds, bpm=how.bpm, ring_s=how.ring_s)
    desk = Desk(rate_hz, seconds)
    how.play(desk, song)
    mix = desk.mix(
        rng,
        peak_dbfs=rng.uniform(-5.8, -3.2),
        reverberation_s=how.room_s * rng.uniform(0.8, 1.2),
        tone=how.tone,
        glue_db=how.glue_db,
        hiss_dbfs=how.hiss_dbfs,
    )
    return Programme(kind, f"{kind} {seed}", _rounded_off(mix, rate_hz, how.fade_s), rate_hz)


def programmes(seeds: range, *, seconds: float = SECONDS) -> Iterator[Programme]:
    """Yield clean mixes of every kind."""
    for seed in seeds:
        for kind in KINDS:
            yield programme(kind, seed, seconds=seconds)


def _rounded_off(mix: Sound, rate_hz: int, fade_s: float) -> Audio:
    from scipy.signal import butter, sosfilt

    # Amplifiers that saturate make direct current of lopsided waves; a real one blocks it.
    coupling = butter(2, 15.0, "highpass", fs=rate_hz, output="sos")
    audio = np.asarray(sosfilt(coupling, mix, axis=0), dtype=np.float64)
    audio *= np.abs(mix).max() / np.abs(audio).max()
    n_in, n_out = round(0.1 * rate_hz), round(fade_s * rate_hz)
    audio[:n_in] *= np.linspace(0.0, 1.0, n_in)[:, None] ** 2
    audio[-n_out:] *= np.linspace(1.0, 0.0, n_out)[:, None] ** 2
    return audio


# --- instruments ----------------------------------------------------------------------------


def _guitar(song: Score) -> Instrument:
    return lambda pitch_hz, seconds: voices.guitar(pitch_hz, max(seconds, 0.4), song.rate_hz)


def _piano(song: Score, bright: float = 0.6) -> Instrument:
    return lambda pitch_hz, seconds: voices.piano(pitch_hz, seconds + 1.5, song.rate_hz, bright)


def _bass(song: Score, bright: float) -> Instrument:
    return lambda pitch_hz, seconds: voices.bass(pitch_hz, seconds, song.rate_hz, bright)


def _bowed(song: Score, top_hz: float = 5_000.0) -> Instrument:
    return lambda pitch_hz, seconds: voices.held(
        pitch_hz, seconds + 0.25, song.rate_hz, song.rng, timbre=voices.reed, top_hz=top_hz,
        in_s=0.08, out_s=0.25, vibrato_cents=14.0,
    )  # fmt: skip


def _whistle(song: Score) -> Instrument:
    return lambda pitch_hz, seconds: voices.held(
        pitch_hz, seconds + 0.1, song.rate_hz, song.rng, timbre=voices.flute, top_hz=6_000.0,
        in_s=0.05, vibrato_cents=16.0,
    )  # fmt: skip


# --- kinds ----------------------------------------------------------------------------------


def _chamber(desk: Desk, song: Score) -> None:
    lines = ((3, -0.6, -24), (3, -0.2, -25), (2, 0.3, -25), (2, 0.6, -24))
    for octaves, pan, level_db in lines:
        part = band.melody(song, _bowed(song), octaves=octaves, pan=pan, rests=0.15)
        desk.play(part, level_db=level_db, tone=((80, -6), (300, 0), (6e3, -3)), send_db=-6)


def _orchestra(desk: Desk, song: Score) -> None:
    swell = partial(band.chords, song, timbre=voices.reed, swell=True)
    desk.play(swell(octaves=2, top_hz=4_500), level_db=-25, send_db=-5)
    desk.play(swell(octaves=3, top_hz=6_500, width=0.5), level_db=-28, send_db=-5)
    desk.play(band.melody(song, _whistle(song), octaves=4), level_db=-27, send_db=-6)
    desk.play(band.bass_line(song, _bowed(song, 900), steps=1), level_db=-26, send_db=-8)
    desk.play(band.hands(song), level_db=-36, tone=((40, 0), (300, -6), (2e3, -30)), send_db=-6)


def _piano_solo(desk: Desk, song: Score) -> None:
    desk.play(band.arpeggio(song, _piano(song)), level_db=-23, send_db=-14)
    desk.play(band.melody(song, _piano(song, 0.9)), level_db=-22, send_db=-14)
    desk.play(band.bass_line(song, _piano(song, 0.4), steps=2), level_db=-25, send_db=-14)


def _choir(desk: Desk, song: Score) -> None:
    for octaves, pan in ((3, -0.7), (3, -0.3), (2, 0.3), (2, 0.7)):
        part = band.melody(song, band.singer(song), octaves=octaves, pan=pan, rests=0.1)
        desk.play(part, level_db=-24, tone=((120, -9), (350, 0), (8e3, -4)), send_db=-3)


def _solo_voice(desk: Desk, song: Score) -> None:
    part = band.melody(song, band.singer(song), octaves=3, pan=0.0, rests=0.2)
    desk.play(part, level_db=-20, tone=((120, -9), (300, 0), (9e3, 2)), send_db=-12)


def _spoken_word(desk: Desk, song: Score) -> None:
    pitch_hz = song.rng.uniform(95.0, 210.0)
    part = band.speaker(song, pitch_hz=pitch_hz)
    desk.play(part, level_db=-20, tone=((90, -9), (250, 0), (9e3, 0)), send_db=-22)


def _folk(desk: Desk, song: Score) -> None:
    desk.play(
        band.strums(song, _guitar(song)), level_db=-24, tone=((80, -3), (5e3, 2)), send_db=-16
    )
    part = band.melody(song, band.singer(song), octaves=3)
    desk.play(part, level_db=-20, tone=((120, -9), (300, 0), (9e3, 2)), send_db=-14)
    desk.play(band.bass_line(song, _bass(song, 0.2), steps=2), level_db=-24)


def _jazz_trio(desk: Desk, song: Score) -> None:
    desk.play(band.strums(song, _piano(song), ring_s=1.2), level_db=-25, send_db=-14)
    desk.play(band.melody(song, _piano(song, 0.9)), level_db=-22, send_db=-14)
    desk.play(band.bass_line(song, _bass(song, 0.1)), level_db=-22, send_db=-24)
    desk.play(band.brushes(song), level_db=-30, send_db=-16)


def _rock(desk: Desk, song: Score) -> None:
    drums = band.kit(song, kicks=(0, 1.5, 2), hats=8)
    desk.play(drums, level_db=-19, tone=((40, -3), (300, -2), (5e3, 1)), send_db=-18)
    desk.play(band.bass_line(song, _bass(song, 0.7), steps=8), level_db=-21, drive_db=-10)
    _wall(desk, song, drive_db=-8, level_db=-26)
    part = band.melody(song, band.singer(song), octaves=3)
    desk.play(part, level_db=-20, tone=((150, -9), (300, 0), (8e3, 2)), send_db=-12)


def _metal(desk: Desk, song: Score) -> None:
    drums = band.kit(song, kicks=np.arange(0, 4, 0.5).tolist(), hats=8, low_hz=58.0)
    desk.play(drums, level_db=-20, tone=((40, -2), (300, -4), (4e3, 3)), send_db=-24)
    desk.play(band.bass_line(song, _bass(song, 0.9), steps=8), level_db=-21, drive_db=-4)
    _wall(desk, song, drive_db=0, level_db=-21)


def _wall(desk: Desk, song: Score, *, drive_db: float, level_db: float) -> None:
    amplifier = ((70, -20), (130, 0), (400, -2), (2_300, 2), (4_800, 0), (9_000, -24))
    for pan in (-0.85, 0.85):
        strokes = [
            Stroke(each.at_s, each.sound, each.gain, pan)
            for each in band.strums(song, band.organ(song, top_hz=5_000), ring_s=0.35)
        ]
        desk.play(strokes, level_db=level_db, drive_db=drive_db, tone=amplifier, send_db=-24)


def _lofi(desk: Desk, song: Score) -> None:
    drums = band.kit(song, kicks=(0, 1.75, 2.5), hats=8)
    desk.play(drums, level_db=-24, tone=((40, -2), (4e3, -4), (7e3, -20)), send_db=-20)
    desk.play(band.strums(song, _piano(song, 0.4)), level_db=-23, drive_db=-12, send_db=-14)
    desk.play(band.bass_line(song, _bass(song, 0.2), steps=2), level_db=-23)


def _chiptune(desk: Desk, song: Score) -> None:
    lead = band.organ(song, top_hz=15_000, square=True)
    desk.play(band.arpeggio(song, lead, steps=16), level_db=-24)
    desk.play(band.melody(song, lead, octaves=4, pan=-0.5), level_db=-23)
    desk.play(band.bass_line(song, lead, steps=8), level_db=-24)
    desk.play(band.kit(song, kicks=(0, 2), hats=16), level_db=-26)


def _techno(desk: Desk, song: Score) -> None:
    drums = band.kit(song, kicks=(0, 1, 2, 3), hats=16, low_hz=48.0, claps=True)
    desk.play(drums, level_db=-17, send_db=-26)
    desk.play(_offbeat(song), level_db=-23, tone=((35, -3), (60, 1), (900, -12)))
    desk.play(
        band.arpeggio(song, band.organ(song, top_hz=4_000), steps=16), level_db=-26, send_db=-12
    )


def _offbeat(song: Score) -> Iterator[Stroke]:
    play = band.organ(song, top_hz=600)
    for bar in range(song.n_bars):
        for beat in range(4):
            yield Stroke(song.pulse.at(bar, beat + 0.5), play(song.root_hz(bar), 0.2), 0.9)


def _dub(desk: Desk, song: Score) -> None:
    drums = band.kit(song, kicks=(2,), snares=(2,), hats=8, low_hz=46.0)
    desk.play(drums, level_db=-22, send_db=-10)
    desk.play(band.bass_line(song, band.organ(song, top_hz=300), steps=2), level_db=-19)
    desk.play(
        band.strums(song, band.organ(song, top_hz=3_000), ring_s=0.12), level_db=-29, send_db=-3
    )


def _ambient(desk: Desk, song: Score) -> None:
    wide = partial(band.chords, song, in_s=1.6, out_s=2.2, swell=True)
    desk.play(wide(top_hz=1_800), level_db=-26, tone=((60, -9), (200, 0), (6e3, -6)), send_db=0)
    desk.play(wide(timbre=voices.flute, octaves=4), level_db=-33, send_db=2)


def _drone(desk: Desk, song: Score) -> None:
    for octaves, pan in ((1, -0.5), (1, 0.5), (2, -0.8), (2, 0.8), (3, 0.0)):
        note = song.key_hz * 2.0**octaves * 2.0 ** (song.rng.uniform(-5, 5) / 1200)
        sound = voices.held(
            note, song.seconds - 0.5, song.rate_hz, song.rng, top_hz=2_500, in_s=3.0, out_s=4.0
        )
        desk.play([Stroke(0.3, sound, 1.0, pan)], level_db=-26 - octaves, send_db=-8)


def _synth_pop(desk: Desk, song: Score) -> None:
    drums = band.kit(song, kicks=(0, 1, 2, 3), hats=16, claps=True)
    desk.play(drums, level_db=-20, tone=((40, -2), (8e3, 2)), send_db=-18)
    desk.play(band.bass_line(song, band.organ(song, top_hz=900), steps=8), level_db=-22)
    desk.play(band.chords(song, top_hz=7_000, in_s=0.02), level_db=-27, send_db=-9)
    part = band.melody(song, band.singer(song, top_hz=9_000), octaves=3)
    desk.play(part, level_db=-21, tone=((150, -9), (300, 0), (10e3, 3)), send_db=-12)


def _music_box(desk: Desk, song: Score) -> None:
    def play(pitch_hz: float, seconds: float) -> Sound:
        return voices.music_box(pitch_hz, 1.8, song.rate_hz)

    desk.play(band.arpeggio(song, play, octaves=4), level_db=-24, send_db=-10)
    desk.play(band.melody(song, play, octaves=4), level_db=-23, send_db=-10)


def _percussion(desk: Desk, song: Score) -> None:
    desk.play(band.hands(song), level_db=-21, send_db=-14)


def _old_time(desk: Desk, song: Score) -> None:
    desk.play(_narrow(band.strums(song, _guitar(song))), level_db=-23, send_db=-20)
    desk.play(_narrow(band.melody(song, _bowed(song))), level_db=-21, send_db=-18)
    desk.play(band.bass_line(song, _bass(song, 0.1), steps=2), level_db=-24)


def _narrow(strokes: Iterator[Stroke]) -> Iterator[Stroke]:
    for each in strokes:
        yield Stroke(each.at_s, each.sound, each.gain, 0.12 * each.pan)


KINDS: dict[str, Kind] = {
    "ambient": Kind(_ambient, 48, ring_s=7.0, room_s=4.0, fade_s=4.0),
    "chamber": Kind(_chamber, 84, ring_s=3.0, room_s=1.8, hiss_dbfs=-80),
    "chiptune": Kind(_chiptune, 140, room_s=0.3, tone=(), hiss_dbfs=-140),
    "choir": Kind(_choir, 66, ring_s=4.0, room_s=3.0, hiss_dbfs=-80),
    "drone": Kind(_drone, 60, room_s=2.5, fade_s=3.0),
    "dub": Kind(_dub, 72, room_s=2.2, glue_db=1.0),
    "folk": Kind(_folk, 96, room_s=0.9, hiss_dbfs=-78),
    "jazz trio": Kind(_jazz_trio, 126, room_s=0.8, hiss_dbfs=-80),
    "lo-fi": Kind(_lofi, 78, room_s=0.7, tone=_DARK, glue_db=2.0, hiss_dbfs=-68),
    "metal": Kind(_metal, 168, room_s=0.8, glue_db=2.0),
    "music box": Kind(_music_box, 90, room_s=1.6),
    "old time": Kind(_old_time, 110, room_s=0.5, tone=_DARK, hiss_dbfs=-70),
    "orchestra": Kind(_orchestra, 80, ring_s=4.5, room_s=2.4, hiss_dbfs=-82),
    "percussion": Kind(_percussion, 112, room_s=1.0),
    "piano": Kind(_piano_solo, 72, ring_s=4.5, room_s=1.6, hiss_dbfs=-82),
    "rock": Kind(_rock, 124, room_s=1.0, glue_db=1.5),
    "solo voice": Kind(_solo_voice, 76, room_s=1.6, hiss_dbfs=-78),
    "spoken word": Kind(_spoken_word, 100, room_s=0.4, hiss_dbfs=-74),
    "synth pop": Kind(_synth_pop, 118, room_s=1.2, glue_db=1.0),
    "techno": Kind(_techno, 128, room_s=0.8, glue_db=1.5),
}
