"""Equalisers that together change more than mastering should."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.dsp.equaliser import Curve, Row
from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.master.checks.worked import Worked
from pipeline.master.processors.eq import Eq
from pipeline.spec.model import ChainItem

# What a mix needs more of is better done in the mix. House values: engineers seldom add up to
# more than 2 dB; at 6 dB the correction is a different mix.
NOTED_DB = 2.0
MOST_DB = 6.0
_PER_OCTAVE = 24
# From 40 Hz to 16 kHz, on a grid that meets 1 kHz.
_GRID_HZ = 1000.0 * 2.0 ** (np.arange(-111, 97) / _PER_OCTAVE)
_SMOOTHED = 9  # of those: a third of an octave and both its ends, so that a notch is no tone
_SIDES = ("mid", "side", "left", "right")


@check(
    "master/tone_change",
    rationale="""Small moves of several equalisers add up unseen. A sum of more than 2 dB is a
    fault of the mix that is better mended there; more than 6 dB is a different mix.""",
)
def tone_change(worked: Worked) -> Iterator[Finding]:
    """All equalisers of a track together stay within 2 dB, from 40 Hz to 16 kHz."""
    frequency_hz, curves_db = tone_curves(worked.chain)
    where, curve_db = max(curves_db.items(), key=lambda each: float(np.abs(each[1]).max()))
    place = int(np.argmax(np.abs(curve_db)))
    change_db = float(curve_db[place])
    if abs(change_db) <= NOTED_DB:
        return
    on = "" if _are_alike(curves_db.values()) else f" in the {_NAMES[where]}"
    yield Finding(
        Severity.FAIL if abs(change_db) > MOST_DB else Severity.WARN,
        "too-much" if abs(change_db) > MOST_DB else "much",
        f"its equalisers together {'lift' if change_db > 0 else 'lower'} "
        f"{_hertz(frequency_hz[place])} by {abs(change_db):.1f} dB{on}; "
        f"{NOTED_DB:g} dB are usual, {MOST_DB:g} dB the most",
        action="ask for it in the mix; if it is meant, say why under intent: tone_change",
        evidence=Evidence(
            numbers=(("change_db", round(change_db, 1)), ("allowed_db", NOTED_DB)),
            plot=Plot(
                tuple(np.round(frequency_hz[::3], 1).tolist()),
                tuple(np.round(curve_db[::3], 2).tolist()),
                "frequency, Hz",
                "change, dB",
                is_log_x=True,
            ),
        ),
    )


def tone_curves(chain: Sequence[ChainItem]) -> tuple[Row, dict[str, Row]]:
    """Return what the equalisers of a chain do to mid, side, left and right.

    Returns
    -------
    frequency_hz : ndarray
        From 40 Hz to 16 kHz.
    curves_db : dict of str to ndarray
        The change of each, in dB, its power averaged over a third of an octave.
    """
    curves_db = {}
    for side in _SIDES:
        power = np.ones(len(_GRID_HZ))
        for item in chain:
            if isinstance(item.parameters, Eq) and item.routing.channels in {"stereo", side}:
                power *= _power(item.parameters.curves(), item)
        curves_db[side] = 10.0 * np.log10(_smoothed(power))
    return _GRID_HZ, curves_db


def _power(curves: Iterable[Curve], item: ChainItem) -> Row:
    power = np.ones(len(_GRID_HZ))
    for curve in curves:
        for prototype in curve.prototypes:
            power *= prototype.power(_GRID_HZ)
    # What is left dry adds in amplitude; that phases part a little is passed over.
    wet = item.routing.percents[1] / 100.0
    return np.asarray((1.0 - wet + wet * np.sqrt(power)) ** 2)


def _smoothed(power: Row) -> Row:
    half = _SMOOTHED // 2
    padded = np.pad(power, half, mode="edge")
    return np.convolve(padded, np.full(_SMOOTHED, 1.0 / _SMOOTHED), "valid")


_NAMES = {"mid": "middle", "side": "sides", "left": "left channel", "right": "right channel"}


def _are_alike(curves: Iterable[Row]) -> bool:
    first, *others = curves
    return all(np.allclose(first, other) for other in others)


def _hertz(frequency_hz: float) -> str:
    if frequency_hz < 1000.0:
        return f"{float(f'{frequency_hz:.2g}'):.0f} Hz"
    return f"{frequency_hz / 1000.0:.2g} kHz"
