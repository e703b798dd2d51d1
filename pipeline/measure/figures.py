"""The figures of files and of an album of them, as the table, JSON and CSV show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import floor, inf, isinf, isnan
from typing import TYPE_CHECKING, Any

from pipeline.dsp.dynamics import difference_db
from pipeline.dsp.loudness import (
    Energies,
    momentary_lufs,
    pooled_loudness,
    relative_gate_lufs,
    short_term_lufs,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pipeline.dsp.fullmeter import FullMeasurement
    from pipeline.dsp.meter import Measurement
    from pipeline.dsp.stereo import Stereo
    from pipeline.dsp.thirdoctave import ThirdOctaves
    from pipeline.measure.sound import Sound

Curve = tuple[float | None, ...]
"""Values over time; `None` where one is undefined."""

HOP_S = 0.1  # of loudness over time


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """One channel: its loudspeaker, level, offset and DR before rounding."""

    name: str
    sample_peak_dbfs: float
    rms_dbfs: float
    dc_offset: float
    dr_db: float | None


@dataclass(frozen=True, slots=True)
class BandFigures:
    """One third-octave band; the last two are `None` unless there are two channels."""

    band_hz: float
    level_dbfs: float
    correlation: float | None
    side_to_mid_db: float | None


@dataclass(frozen=True, slots=True)
class StereoCurves:
    """How the channels belong together over time, in stretches of `stretch_s`."""

    stretch_s: float
    correlation: Curve
    side_to_mid_db: Curve


@dataclass(frozen=True, slots=True)
class BandCurves:
    """The same in each third-octave band: a list of bands for each stretch of `stretch_s`."""

    stretch_s: float
    correlation: tuple[Curve, ...]
    side_to_mid_db: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """What changes over time; the first three every `hop_s`, each from its window's start."""

    hop_s: float
    momentary_lufs: Curve
    short_term_lufs: Curve
    psr_db: Curve
    stereo: StereoCurves | None
    third_octaves: BandCurves | None


@dataclass(frozen=True, slots=True)
class FileFigures:
    """Everything about one file; `None` is undefined or not asked for, ``-inf`` is silence."""

    file: str
    codec: str
    sample_rate_hz: int
    n_channels: int
    n_samples: int
    duration_s: float
    bits: int | None
    integrated_lufs: float | None
    loudness_range_lu: float | None
    max_short_term_lufs: float | None
    max_momentary_lufs: float | None
    relative_gate_lufs: float | None
    sample_peak_dbfs: float
    true_peak_dbtp: float
    itu_true_peak_dbtp: float
    plr_db: float | None
    n_clipped_runs: int
    longest_clipped_run_samples: int
    first_clipped_sample: int | None
    silent_head_samples: int
    silent_tail_samples: int
    energies: Energies = field(compare=False, repr=False)
    psr_min_db: float | None = None
    dr: int | None = None
    crest_db: float | None = None
    rms_dbfs: float | None = None
    dc_offset_dbfs: float | None = None
    correlation: float | None = None
    side_to_mid_db: float | None = None
    balance_db: float | None = None
    bits_in_use: int | None = None
    n_silent_gaps: int | None = None
    longest_silent_gap_samples: int | None = None
    first_silent_gap_sample: int | None = None
    channels: tuple[ChannelFigures, ...] | None = None
    third_octaves: tuple[BandFigures, ...] | None = None
    curves: Curves | None = None

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds: docs/json.md says what they are."""
        found: dict[str, Any] = _json(self)
        return found

    def to_row(self) -> dict[str, Any]:
        """Return the values that are no lists, as JSON has them: a row of a table."""
        return {
            name: value
            for name, value in self.to_json().items()
            if name not in {"channels", "third_octaves", "curves"}
        }


@dataclass(frozen=True, slots=True)
class AlbumFigures:
    """Files taken together, in their order."""

    n_files: int
    duration_s: float
    integrated_lufs: float | None
    loudest_track_lufs: float | None
    loudest_track: str
    max_short_term_lufs: float | None
    max_momentary_lufs: float | None
    sample_peak_dbfs: float
    true_peak_dbtp: float
    itu_true_peak_dbtp: float
    plr_db: float | None
    dr: int | None

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds: docs/json.md says what they are."""
        found: dict[str, Any] = _json(self)
        return found


def basic_figures(file: str, sound: Sound, measured: Measurement) -> FileFigures:
    """Return loudness, peaks, clipping and silent ends of a file."""
    return FileFigures(
        file=file,
        codec=sound.codec,
        sample_rate_hz=measured.sample_rate_hz,
        n_channels=measured.n_channels,
        n_samples=measured.n_samples,
        duration_s=measured.n_samples / measured.sample_rate_hz,
        bits=sound.bits,
        integrated_lufs=measured.integrated_lufs,
        loudness_range_lu=measured.loudness_range_lu,
        max_short_term_lufs=measured.max_short_term_lufs,
        max_momentary_lufs=measured.max_momentary_lufs,
        relative_gate_lufs=relative_gate_lufs(measured.energies),
        sample_peak_dbfs=measured.sample_peak_dbfs,
        true_peak_dbtp=measured.true_peak_dbtp,
        itu_true_peak_dbtp=measured.itu_true_peak_dbtp,
        plr_db=measured.plr_db,
        n_clipped_runs=measured.n_clipped_runs,
        longest_clipped_run_samples=measured.longest_clipped_run_samples,
        first_clipped_sample=measured.first_clipped_sample,
        silent_head_samples=measured.silent_head_samples,
        silent_tail_samples=measured.silent_tail_samples,
        energies=measured.energies,
    )


def full_figures(
    file: str, sound: Sound, measured: FullMeasurement, *, with_curves: bool
) -> FileFigures:
    """Return everything about a file; what changes over time only if it is asked for."""
    dynamics, gaps, stereo = measured.dynamics, measured.gaps, measured.stereo
    return replace(
        basic_figures(file, sound, measured.basic),
        psr_min_db=measured.psr_min_db,
        dr=dynamics.dr,
        crest_db=dynamics.crest_db,
        rms_dbfs=dynamics.rms_dbfs,
        dc_offset_dbfs=dynamics.dc_offset_dbfs,
        correlation=stereo.correlation if stereo else None,
        side_to_mid_db=stereo.side_to_mid_db if stereo else None,
        balance_db=stereo.balance_db if stereo else None,
        bits_in_use=measured.bits_in_use,
        n_silent_gaps=gaps.n_gaps,
        longest_silent_gap_samples=gaps.longest_samples,
        first_silent_gap_sample=gaps.first_sample,
        channels=_channels(sound, measured),
        third_octaves=_bands(measured.third_octaves),
        curves=_curves(measured) if with_curves else None,
    )


def album_figures(files: Sequence[FileFigures]) -> AlbumFigures:
    """Return the files taken together: their loudness as one programme, and the extremes."""
    integrated = pooled_loudness(each.energies for each in files)
    loudest = max(files, key=lambda each: _or_silence(each.integrated_lufs))
    true_peak_dbtp = max(each.true_peak_dbtp for each in files)
    drs = [each.dr for each in files if each.dr is not None]
    return AlbumFigures(
        n_files=len(files),
        duration_s=sum(each.duration_s for each in files),
        integrated_lufs=integrated,
        loudest_track_lufs=loudest.integrated_lufs,
        loudest_track=loudest.file,
        max_short_term_lufs=_highest(each.max_short_term_lufs for each in files),
        max_momentary_lufs=_highest(each.max_momentary_lufs for each in files),
        sample_peak_dbfs=max(each.sample_peak_dbfs for each in files),
        true_peak_dbtp=true_peak_dbtp,
        itu_true_peak_dbtp=max(each.itu_true_peak_dbtp for each in files),
        plr_db=difference_db(true_peak_dbtp, integrated),
        dr=floor(sum(drs) / len(drs) + 0.5) if drs else None,
    )


def _channels(sound: Sound, measured: FullMeasurement) -> tuple[ChannelFigures, ...]:
    return tuple(
        ChannelFigures(name, each.sample_peak_dbfs, each.rms_dbfs, each.dc_offset, each.dr_db)
        for name, each in zip(sound.channels, measured.dynamics.channels, strict=True)
    )


def _bands(found: ThirdOctaves) -> tuple[BandFigures, ...]:
    columns = (found.levels_dbfs, found.correlations, found.sides_to_mids_db)
    return tuple(
        BandFigures(band.name_hz, float(level), _defined(correlation), _defined(side))
        for band, level, correlation, side in zip(found.bands, *columns, strict=True)
    )


def _curves(measured: FullMeasurement) -> Curves:
    energies, stereo = measured.basic.energies, measured.stereo
    return Curves(
        hop_s=HOP_S,
        momentary_lufs=_values(momentary_lufs(energies)),
        short_term_lufs=_values(short_term_lufs(energies)),
        psr_db=_values(measured.psr_db),
        stereo=_stereo_curves(stereo) if stereo else None,
        third_octaves=_band_curves(measured.third_octaves) if stereo else None,
    )


def _stereo_curves(found: Stereo) -> StereoCurves:
    correlations, sides = found.correlations, found.sides_to_mids_db
    return StereoCurves(found.stretch_s, _values(correlations), _values(sides))


def _band_curves(found: ThirdOctaves) -> BandCurves:
    return BandCurves(
        found.stretch_s,
        tuple(_values(each) for each in found.correlation_curves),
        tuple(_values(each) for each in found.side_to_mid_curves_db),
    )


def _values(curve: npt.NDArray[np.float64]) -> Curve:
    return tuple(_defined(each) for each in curve.tolist())


def _defined(value: float) -> float | None:
    return None if isnan(value) else float(value)


def _json(value: Any) -> Any:
    """Return a value as JSON holds it: infinities are words, and dataclasses are objects."""
    if is_dataclass(value):
        return {
            each.name: _json(getattr(value, each.name)) for each in fields(value) if each.repr
        }
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    if isinstance(value, float) and isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def _highest(levels: Iterable[float | None]) -> float | None:
    return max((each for each in levels if each is not None), default=None)


def _or_silence(level: float | None) -> float:
    return -inf if level is None else level
