"""What is played in the clean programmes: chords by chance, and parts made of them.

Every part is seeded and yields strokes for a `Desk`. The instruments are those of the example
record (`fixtures/synth`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from synth import drums, voices
from synth.desk import Pulse, Stroke
from synth.filters import Curve, Sound, colour

Instrument = Callable[[float, float], Sound]
"""Takes a pitch in Hz and a length in seconds."""

_PROGRESSIONS = ((0, 5, 3, 7), (0, 8, 3, 10), (0, 3, 8, 7), (0, 10, 8, 5), (0, 0, 5, 7))
_MINOR = (0, 3, 5, 7, 10, 12, 15)
_VOWELS = (
    (300.0, 870.0, 2_240.0),
    (530.0, 1_840.0, 2_480.0),
    (570.0, 840.0, 2_410.0),
    (730.0, 1_090.0, 2_440.0),
    (270.0, 2_290.0, 3_010.0),
)
_ESS: Curve = ((1_500, -50), (4_500, -6), (6_500, 0), (9_000, -4), (16_000, -30))
_BREATH: Curve = ((200, -30), (900, -4), (2_500, 0), (6_000, -10), (14_000, -30))


@dataclass(frozen=True, slots=True)
class Score:
    """What the players of one programme agree on.

    Parameters
    ----------
    rng : Generator
        All that is left to chance.
    rate_hz : int
        Sample rate.
    seconds : float
        Length of the programme.
    pulse : Pulse
        Tempo and start.
    n_bars : int
        Bars before the last chord.
    key_hz : float
        The root, 41 to 78 Hz.
    roots : tuple of int
        Semitones above the key, bar by bar, again and again.
    """

    rng: np.random.Generator
    rate_hz: int
    seconds: float
    pulse: Pulse
    n_bars: int
    key_hz: float
    roots: tuple[int, ...]

    def root_hz(self, bar: int) -> float:
        """Return the bass note of a bar; the one behind the last is the key."""
        step = self.roots[bar % len(self.roots)] if bar < self.n_bars else 0
        return float(self.key_hz * 2.0 ** (step / 12.0))

    def chord_hz(self, bar: int, *, octaves: int = 2) -> tuple[float, ...]:
        """Return the notes of a bar's chord, so many octaves above its root."""
        low = self.root_hz(bar) * 2.0**octaves
        third = 4 if self.roots[bar % len(self.roots)] in {3, 8, 10} else 3
        return tuple(low * 2.0 ** (step / 12.0) for step in (0, third, 7, 12))


def score(
    rng: np.random.Generator, rate_hz: int, *, seconds: float, bpm: float, ring_s: float
) -> Score:
    """Return a score in a key, a tempo and a progression of its own.

    Parameters
    ----------
    rng : Generator
        Chooses them.
    rate_hz : int
        Sample rate.
    seconds : float
        Length of the programme.
    bpm : float
        Tempo, changed by up to 8 %.
    ring_s : float
        Time left behind the last chord.
    """
    pulse = Pulse(bpm * rng.uniform(0.92, 1.08), start_s=0.3)
    n_bars = max(1, int((seconds - 0.3 - ring_s) / pulse.bar_s))
    roots = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    key_hz = 41.2 * 2.0 ** (int(rng.integers(12)) / 12)
    return Score(rng, rate_hz, seconds, pulse, n_bars, key_hz, roots)


def chords(
    song: Score,
    *,
    timbre: Callable[[voices.Numbers], voices.Numbers] = voices.saw,
    top_hz: float = 3_000.0,
    octaves: int = 2,
    width: float = 0.8,
    in_s: float = 0.3,
    out_s: float = 0.6,
    swell: bool = False,
) -> Iterator[Stroke]:
    """Yield chords that are held for a bar, each voice twice and a little apart."""
    for bar in range(song.n_bars + 1):
        loud = 0.25 + 0.75 * np.sin(np.pi * (bar + 0.5) / (song.n_bars + 1)) if swell else 0.9
        for note in song.chord_hz(bar, octaves=octaves):
            for side in (-1, 1):
                cents = side * song.rng.uniform(2.0, 7.0)
                sound = voices.held(
                    note * 2.0 ** (cents / 1200), song.pulse.bar_s + out_s, song.rate_hz,
                    song.rng, timbre=timbre, top_hz=top_hz * (0.5 + 0.5 * loud), in_s=in_s,
                    out_s=out_s, vibrato_cents=6.0,
                )  # fmt: skip
                yield Stroke(song.pulse.at(bar), sound, loud, side * width)


def strums(song: Score, play: Instrument, *, ring_s: float = 2.4) -> Iterator[Stroke]:
    """Yield chords that are struck in eighths, note after note."""
    for bar in range(song.n_bars + 1):
        for eighth in (0, 2, 3, 5, 6, 7) if bar < song.n_bars else (0,):
            hard = (1.0 if eighth == 0 else 0.6) * song.rng.uniform(0.8, 1.1)
            at_s = song.pulse.at(bar, eighth / 2, rng=song.rng)
            for number, note in enumerate(song.chord_hz(bar)):
                sound = play(note, ring_s)
                yield Stroke(at_s + 0.011 * number, sound, hard, -0.4 + 0.25 * number)


def arpeggio(
    song: Score, play: Instrument, *, steps: int = 8, octaves: int = 3
) -> Iterator[Stroke]:
    """Yield the notes of the chords one after another."""
    for bar in range(song.n_bars):
        notes = song.chord_hz(bar, octaves=octaves)
        for step in range(steps):
            note = notes[(step * 3) % 4] * (2.0 if step % 8 == 6 else 1.0)
            at_s = song.pulse.at(bar, step * 4 / steps, rng=song.rng, loose_ms=4)
            gain = (0.9 if step % 4 == 0 else 0.6) * song.rng.uniform(0.8, 1.1)
            yield Stroke(
                at_s, play(note, 4 * song.pulse.bar_s / steps), gain, 0.5 * (-1) ** step
            )
    for number, note in enumerate(song.chord_hz(song.n_bars, octaves=octaves)):
        yield Stroke(song.pulse.at(song.n_bars) + 0.03 * number, play(note, 2.5), 0.8)


def bass_line(song: Score, play: Instrument, *, steps: int = 4) -> Iterator[Stroke]:
    """Yield roots and fifths."""
    length_s = song.pulse.bar_s / steps
    for bar in range(song.n_bars + 1):
        for step in range(steps if bar < song.n_bars else 1):
            note = song.root_hz(bar) * (1.5 if step == steps - 1 else 1.0)
            long_s = 0.95 * length_s if bar < song.n_bars else 2.0
            at_s = song.pulse.at(bar, 4 * step / steps, rng=song.rng, loose_ms=4)
            yield Stroke(at_s, play(note, long_s), song.rng.uniform(0.85, 1.0))


def melody(
    song: Score, play: Instrument, *, octaves: int = 3, pan: float = 0.05, rests: float = 0.3
) -> Iterator[Stroke]:
    """Yield a tune in the minor mode, with rests to breathe in."""
    for bar in range(song.n_bars):
        beat = 0.0
        while beat < 4.0:
            beats = float(song.rng.choice((0.5, 1.0, 1.0, 1.5, 2.0)))
            if song.rng.random() > rests:
                step = int(song.rng.choice(_MINOR))
                note = song.key_hz * 2.0 ** (octaves + step / 12.0)
                at_s = song.pulse.at(bar, beat, rng=song.rng, loose_ms=10)
                length_s = beats * song.pulse.beat_s
                yield Stroke(at_s, play(note, length_s), song.rng.uniform(0.6, 1.0), pan)
            beat += beats


def kit(
    song: Score,
    *,
    kicks: Sequence[float],
    snares: Sequence[float] = (1, 3),
    hats: int = 8,
    low_hz: float = 52.0,
    claps: bool = False,
) -> Iterator[Stroke]:
    """Yield a drum kit: beats of bass and snare drum, hi-hats a bar; a crash at the end."""
    rng, rate_hz = song.rng, song.rate_hz
    for bar in range(song.n_bars):
        for beat in kicks:
            sound = drums.kick(rate_hz, low_hz, 0.12)
            yield Stroke(
                song.pulse.at(bar, beat, rng=rng, loose_ms=3), sound, rng.uniform(0.9, 1)
            )
        for beat in snares:
            hit = drums.clap(rate_hz) if claps else drums.snare(rate_hz, int(rng.integers(6)))
            at_s = song.pulse.at(bar, beat, rng=rng, loose_ms=4)
            yield Stroke(at_s, hit, rng.uniform(0.75, 0.95), 0.05)
        for step in range(hats):
            sound = drums.hat(rate_hz, step % 5, 0.03 if step % 4 != 2 else 0.07)
            at_s = song.pulse.at(bar, 4 * step / hats, rng=rng, loose_ms=4)
            yield Stroke(at_s, sound, 0.2 * rng.uniform(0.7, 1.1), 0.4)
    yield Stroke(song.pulse.at(song.n_bars), drums.kick(rate_hz, low_hz, 0.12), 1.0)
    yield Stroke(song.pulse.at(song.n_bars), drums.crash(rate_hz), 0.45, -0.3)


def hands(song: Score) -> Iterator[Stroke]:
    """Yield toms, shakers and claps without any pitch beside them."""
    for bar in range(song.n_bars):
        for step in range(16):
            at_s = song.pulse.at(bar, step / 4, rng=song.rng, loose_ms=5)
            yield Stroke(at_s, drums.shaker(song.rate_hz, step % 6), 0.18, 0.6)
            if song.rng.random() < 0.55:
                pitch_hz = float(song.rng.choice((82.0, 110.0, 147.0, 196.0)))
                gain = song.rng.uniform(0.25, 1.0)
                yield Stroke(
                    at_s, drums.tom(song.rate_hz, pitch_hz), gain, pitch_hz / 160 - 0.9
                )


def brushes(song: Score) -> Iterator[Stroke]:
    """Yield a snare that is stirred, with a hat on two and four."""
    for bar in range(song.n_bars):
        for beat in range(4):
            at_s = song.pulse.at(bar, beat, rng=song.rng)
            yield Stroke(at_s, drums.brush(song.rate_hz, beat), song.rng.uniform(0.4, 0.7), 0.2)
            if beat % 2:
                yield Stroke(at_s, drums.hat(song.rate_hz, beat, 0.02), 0.25, 0.4)


def singer(song: Score, *, top_hz: float = 7_000.0) -> Instrument:
    """Return a voice that sings vowels, some of which an S goes before."""

    def sing(pitch_hz: float, seconds: float) -> Sound:
        vowel = _VOWELS[int(song.rng.integers(len(_VOWELS)))]
        tone = voices.held(
            pitch_hz, seconds + 0.15, song.rate_hz, song.rng,
            timbre=voices.sung(pitch_hz, vowel), top_hz=top_hz, in_s=0.05, out_s=0.12,
            vibrato_cents=18.0, scoop_cents=40.0,
        )  # fmt: skip
        tone = tone / max(1e-9, float(np.abs(tone).max()))
        if song.rng.random() < 0.4:
            ess = _noise(song, 0.09, _ESS)
            tone[: len(ess)] += 0.12 * ess
        return tone

    return sing


def speaker(song: Score, *, pitch_hz: float) -> Iterator[Stroke]:
    """Yield syllables in phrases, with breaths between them."""
    at_s = 0.5
    while at_s < song.seconds - 2.0:
        yield Stroke(at_s, 0.06 * _noise(song, 0.3, _BREATH))
        at_s += 0.4
        for _ in range(int(song.rng.integers(5, 12))):
            length_s = song.rng.uniform(0.1, 0.28)
            pitch = pitch_hz * 2.0 ** song.rng.uniform(-0.3, 0.25)
            yield Stroke(at_s, singer(song)(pitch, length_s), song.rng.uniform(0.5, 1.0))
            at_s += length_s + song.rng.uniform(0.0, 0.08)
        at_s += song.rng.uniform(0.4, 0.9)


def organ(song: Score, *, top_hz: float, square: bool = False) -> Instrument:
    """Return an oscillator with hard edges."""
    timbre = _square if square else voices.saw

    def play(pitch_hz: float, seconds: float) -> Sound:
        return voices.held(
            pitch_hz, seconds, song.rate_hz, song.rng, timbre=timbre, top_hz=top_hz,
            opens=1.0, in_s=0.003, out_s=min(0.05, 0.3 * seconds),
        )  # fmt: skip

    return play


def _square(number: voices.Numbers) -> voices.Numbers:
    return np.asarray((number % 2) / number)


def _noise(song: Score, seconds: float, curve: Curve) -> Sound:
    noise = song.rng.standard_normal(int(seconds * song.rate_hz)).astype(np.float32)
    swell = np.sin(np.pi * np.linspace(0.0, 1.0, len(noise), dtype=np.float32)) ** 2
    sound = colour(noise * swell, curve, song.rate_hz)
    return np.asarray(sound / np.abs(sound).max(), dtype=np.float32)
