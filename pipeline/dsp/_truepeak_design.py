"""The interpolators of the true-peak meter, and the source text of their kernels.

``python -m pipeline.dsp._truepeak_design`` writes ``_truepeak_banks.py``; a test compares the
two. The kernels are written out, one expression per phase with literal coefficients, because
the compiler then keeps a whole bank in vector registers: ten times as fast as a loop over taps.

An interval lies between two samples. With ``even`` the sums and ``odd`` the differences of the
samples at equal distance left and right of its middle, the values at the places ``f`` and
``1 - f`` of the interval are ``E + O`` and ``E - O``, so the larger magnitude of the two is
``|E| + |O|``: one pass serves two phases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Taps = npt.NDArray[np.float64]

_ITU_PHASES = (
    # ITU-R BS.1770-5 Annex 2, phases 0 and 1; phases 3 and 2 are these reversed.
    "0.001708984375 0.010986328125 -0.0196533203125 0.033203125 -0.0594482421875 "
    "0.1373291015625 0.97216796875 -0.102294921875 0.047607421875 -0.026611328125 "
    "0.014892578125 -0.00830078125",
    "-0.0291748046875 0.029296875 -0.0517578125 0.089111328125 -0.16650390625 "
    "0.465087890625 0.77978515625 -0.2003173828125 0.1015625 -0.0582275390625 "
    "0.0330810546875 -0.0189208984375",
)


@dataclass(frozen=True, slots=True)
class PhasePair:
    """The phases at `f` and ``1 - f`` of an interval, as weights of sums and differences.

    Parameters
    ----------
    even, odd : ndarray
        Shape ``(n_pairs,)``; entry 0 belongs to the two samples next to the interval.
    """

    even: Taps
    odd: Taps

    @classmethod
    def from_phase(cls, left: Taps, right: Taps) -> PhasePair:
        """Make the pair from one phase: weights leftward and rightward from the middle."""
        return cls((left + right) / 2, (right - left) / 2)


def itu_bank() -> tuple[PhasePair, ...]:
    """Return the literal interpolator of BS.1770: 4 phases of 12 taps, none of them unity."""
    phases = [np.array([float(tap) for tap in text.split()]) for text in _ITU_PHASES]
    return tuple(PhasePair.from_phase(taps[6:], taps[5::-1]) for taps in phases)


def hann_bank(factor: int) -> tuple[PhasePair, ...]:
    """Return the interpolator of libebur128: 49 taps of a sinc under a Hann window.

    Its factor is 4 below 96 kHz and 2 from there on.
    """
    tap = np.arange(49)
    taps = np.sinc((tap - 24) / factor) * 0.5 * (1 - np.cos(2 * np.pi * tap / 48))
    phases = [taps[first:48:factor] for first in range(1, factor // 2 + 1)]
    half = 24 // factor
    return tuple(PhasePair.from_phase(phase[half:], phase[half - 1 :: -1]) for phase in phases)


def kaiser_bank(factor: int, *, n_taps: int, beta: float) -> tuple[PhasePair, ...]:
    """Return a sinc under a Kaiser window, each phase with unity gain at 0 Hz."""
    return tuple(
        _kaiser(step / factor, n_taps // 2, beta) for step in range(1, factor // 2 + 1)
    )


def _kaiser(place: float, reach: int, beta: float) -> PhasePair:
    pair = np.arange(reach, dtype=np.float64)
    left = _windowed_sinc(pair + place, reach, beta)
    right = _windowed_sinc(pair + 1.0 - place, reach, beta)
    total = left.sum() + right.sum()
    return PhasePair.from_phase(left / total, right / total)


def _windowed_sinc(at: Taps, reach: int, beta: float) -> Taps:
    taps: Taps = np.sinc(at) * np.i0(beta * np.sqrt(1 - (at / reach) ** 2)) / np.i0(beta)
    return taps


def _low_pass(at: Taps, *, cutoff: float, reach: int, beta: float) -> Taps:
    """Return the taps at these distances in samples; `cutoff` is a part of the sample rate."""
    window = np.i0(beta * np.sqrt(1 - (at / reach) ** 2)) / np.i0(beta)
    taps: Taps = 2 * cutoff * np.sinc(2 * cutoff * at) * window
    return taps


# Name of the kernel and what it evaluates.
BANKS: dict[str, tuple[PhasePair, ...]] = {
    "itu_peaks": itu_bank(),
    "hann_4x_peaks": hann_bank(4),
    "hann_2x_peaks": hann_bank(2),
    # Flat to 0.43 of the sample rate. On samples already doubled in rate that is everything.
    "coarse_peaks": kaiser_bank(8, n_taps=24, beta=6.0),
}

# Doubles the rate; flat to 0.485 of it.
MIDDLE = kaiser_bank(2, n_taps=128, beta=5.0)[0]

# The same with a steep edge from 0.456 to 0.5 of the rate, as good resamplers have. Where
# there is music in that edge they read more, or less, than an endless sinc.
STEEP_MIDDLE = _low_pass(np.arange(64.0) + 0.5, cutoff=0.478, reach=64, beta=8.0)
STEEP_SAMPLE = _low_pass(np.arange(64.0), cutoff=0.478, reach=64, beta=8.0)
# What lies above 0.46 of the rate: a sample less its low-passed self.
_EDGE = -_low_pass(np.arange(32.0), cutoff=0.46, reach=32, beta=4.0)
EDGE = _EDGE + np.eye(32)[0]


def bound(name: str) -> float:
    """Return the largest magnitude that a bank can make of samples of magnitude 1."""
    pairs = BANKS[name]
    return max(float(np.maximum(abs(pair.even), abs(pair.odd)).sum() * 2) for pair in pairs)


_HEAD = '''"""True-peak kernels, written by ``python -m pipeline.dsp._truepeak_design``.

Each takes samples of shape ``(32 + n + 32,)``, an envelope of shape ``(n,)`` and the numbers of
the cells of 32 to look at, and raises the envelope to the largest magnitude it finds between
the sample before (exclusive) and the sample itself. All float32, n a multiple of 32.
`double_rate` fills ``doubled`` with the samples of ``x`` from 80 on, each after the value in
the middle before it; so does `double_rate_steeply`, low-passed. `edge_peaks` raises the
envelope to what of a sample lies above 0.46 of the sample rate.
"""
# ruff: noqa: E501, PLR0915 - generated: one line per phase, one statement per tap
# fmt: off

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.dsp.kernel import kernel

Row = npt.NDArray[np.float32]
Cells = npt.NDArray[np.int64]
'''

_REACH = 31  # index of the sample left of the interval in the window of a cell


def source() -> str:
    """Return the text of ``_truepeak_banks.py``."""
    banks = [_kernel(name, pairs) for name, pairs in BANKS.items()]
    return "".join([_HEAD, *banks, _doubling(), _steep_doubling(), _edge()])


def _doubling() -> str:
    constants: list[str] = []
    middle = _weighted("MIDDLE", MIDDLE.even, "e", constants)
    body = [*_around("e", 63, 64), f"v[2 * i] = {middle}", "v[2 * i + 1] = w[i + 64]"]
    return _cell_loop(
        "double_rate(x: Row, doubled: Row, cells: Cells)", _DOUBLED_CELL, body, constants
    )


def _steep_doubling() -> str:
    constants: list[str] = []
    middle = _weighted("STEEP_MIDDLE", STEEP_MIDDLE, "e", constants)
    sample = _weighted("STEEP_SAMPLE", _halved_centre(STEEP_SAMPLE), "s", constants)
    body = [*_around("e", 63, 64), f"v[2 * i] = {middle}"]
    body += [*_around("s", 64, 64), f"v[2 * i + 1] = {sample}"]
    return _cell_loop(
        "double_rate_steeply(x: Row, doubled: Row, cells: Cells)",
        _DOUBLED_CELL,
        body,
        constants,
    )


def _edge() -> str:
    constants: list[str] = []
    level = _weighted("EDGE", _halved_centre(EDGE), "s", constants)
    body = [*_around("s", 32, 32, len(EDGE)), f"level = abs({level})"]
    body += ["v[i] = level if level > v[i] else v[i]"]
    return _cell_loop("edge_peaks(x: Row, envelope: Row, cells: Cells)", _CELL, body, constants)


_CELL = ("x[32 * cell : 32 * cell + 96]", "envelope[32 * cell : 32 * cell + 32]")
_DOUBLED_CELL = ("x[32 * cell + 16 : 32 * cell + 176]", "doubled[64 * cell : 64 * cell + 64]")


def _around(name: str, left: int, right: int, n_pairs: int = 64) -> Iterable[str]:
    for k in range(n_pairs):
        yield f"{name}{k} = w[i + {left - k}] + w[i + {right + k}]"


def _halved_centre(taps: Taps) -> Taps:
    # The sum of a sample and itself stands at distance 0.
    return np.concatenate((taps[:1] / 2, taps[1:]))


def _cell_loop(
    signature: str, views: tuple[str, str], body: Iterable[str], constants: Iterable[str]
) -> str:
    loop = "\n".join(f"            {line}" for line in body)
    return f"""
{chr(10).join(constants)}


@kernel
def {signature} -> None:
    for cell in cells:
        w = {views[0]}
        v = {views[1]}
        for i in range(32):
{loop}
"""


def _kernel(name: str, pairs: Sequence[PhasePair]) -> str:
    constants: list[str] = []
    phases: list[str] = []
    for number, pair in enumerate(pairs):
        even = _weighted(f"{name}_{number}E".upper(), pair.even, "e", constants)
        odd = _weighted(f"{name}_{number}O".upper(), pair.odd, "o", constants)
        phases += [f"peak = abs({even})" + (f" + abs({odd})" if odd else "")]
        phases += ["top = peak if peak > top else top"]
    body = [*_sums(pairs), *phases]
    # The samples themselves count too: no bank has a phase of unity.
    start = f"top = abs(w[i + {_REACH + 1}])" if name == "coarse_peaks" else "top = v[i]"
    end = "v[i] = top if top > v[i] else v[i]" if name == "coarse_peaks" else "v[i] = top"
    signature = f"{name}(x: Row, envelope: Row, cells: Cells)"
    return _cell_loop(signature, _CELL, [start, *body, end], constants)


def _sums(pairs: Sequence[PhasePair]) -> Iterable[str]:
    differ = any(_matters(pair.odd) for pair in pairs)
    for place in range(len(pairs[0].even)):
        yield f"left, right = w[i + {_REACH - place}], w[i + {_REACH + 1 + place}]"
        yield f"e{place} = left + right"
        if differ:
            yield f"o{place} = right - left"


def _matters(weights: Taps) -> bool:
    # The phase in the middle of the interval is symmetric: no differences.
    return bool(np.any(np.abs(weights) > 1e-12))


def _weighted(prefix: str, weights: Taps, variable: str, constants: list[str]) -> str:
    if not _matters(weights):
        return ""
    terms = []
    for pair, weight in enumerate(weights):
        constants.append(f"{prefix}{pair} = np.float32({weight:.10g})")
        terms.append(f"{prefix}{pair} * {variable}{pair}")
    return " + ".join(terms)


if __name__ == "__main__":
    Path(__file__).with_name("_truepeak_banks.py").write_text(source(), encoding="utf-8")
