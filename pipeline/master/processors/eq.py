"""Parametric equaliser: ``eq: {bell: {at: 320 Hz, gain: -1.2 dB, q: 0.9}}``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    RootModel,
    Tag,
    model_validator,
)

from pipeline.dsp.equaliser import Curve, bell, high_shelf, low_shelf, notch, tilt
from pipeline.master.processors import (
    SCALAR_SETTINGS,
    SETTINGS,
    FilterParameters,
    Phase,
    default,
)
from pipeline.master.processors.high_pass import PHASE_HELP
from pipeline.units import DB, HZ, NUMBER

# The settings of a shape, in their order, are what its curve takes.
_CURVES: dict[str, Callable[..., Curve]] = {
    "bell": bell,
    "low_shelf": low_shelf,
    "high_shelf": high_shelf,
    "tilt": tilt,
    "notch": notch,
}


class Bell(BaseModel):
    """A hill or a dip around one frequency."""

    model_config = SETTINGS

    at: Annotated[float, HZ.within(10.0, 20_000.0)] = Field(description="centre")
    gain: Annotated[float, DB.within(-24.0, 24.0)] = Field(description="gain at the centre")
    q: Annotated[float, NUMBER.within(0.1, 30.0)] = default(
        "0.71", description="quality: the higher, the narrower"
    )


class Shelf(BaseModel):
    """A step up or down from one frequency on."""

    model_config = SETTINGS

    at: Annotated[float, HZ.within(10.0, 20_000.0)] = Field(
        description="where half of the gain is reached"
    )
    gain: Annotated[float, DB.within(-24.0, 24.0)] = Field(description="gain of the shelf")
    q: Annotated[float, NUMBER.within(0.3, 1.5)] = default(
        "0.71", description="above 0.71 the step overshoots"
    )


class Tilt(BaseModel):
    """A gentle slope through the whole range around one frequency."""

    model_config = SETTINGS

    at: Annotated[float, HZ.within(20.0, 20_000.0)] = Field(description="what stays as it is")
    gain: Annotated[float, DB.within(-12.0, 12.0)] = Field(
        description="gain of the highs; the lows fall by as much"
    )


class Notch(BaseModel):
    """Takes one frequency away altogether."""

    model_config = SETTINGS

    at: Annotated[float, HZ.within(10.0, 20_000.0)] = Field(description="what is taken away")
    q: Annotated[float, NUMBER.within(0.3, 100.0)] = default(
        "10", description="quality: the frequency over the width at -3 dB"
    )


class Band(BaseModel):
    """One band; its one key says of which shape."""

    model_config = SETTINGS

    bell: Bell | None = Field(None, description="a hill or a dip around one frequency")
    low_shelf: Shelf | None = Field(None, description="lifts or lowers what lies below")
    high_shelf: Shelf | None = Field(None, description="lifts or lowers what lies above")
    tilt: Tilt | None = Field(None, description="lifts the highs and lowers the lows, or back")
    notch: Notch | None = Field(None, description="takes one frequency away")

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        shapes = [name for name, band in self if band is not None]
        if not shapes:
            raise ValueError(
                "a band has no shape; write bell, low_shelf, high_shelf, tilt or notch"
            )
        if len(shapes) > 1:
            raise ValueError(
                f"one band has {' and '.join(shapes)}; write a list with one shape to each band"
            )
        return self

    def curve(self) -> Curve:
        """Return the analogue curve that it follows."""
        shape, band = next((name, band) for name, band in self if band is not None)
        return _CURVES[shape](*(value for _, value in band))


def _as_list(written: Any) -> Any:
    return written if isinstance(written, list | tuple) else [written]


Bands = Annotated[
    tuple[Band, ...], BeforeValidator(_as_list, json_schema_input_type=Band | list[Band])
]


class Phased(BaseModel):
    """Bands, and whether they turn phases as analogue filters do."""

    model_config = SETTINGS

    phase: Phase = Field("minimum", description=PHASE_HELP)
    bands: Bands = Field(description="one band, or a list of them")


def _form_of(written: Any) -> str:
    has_keys = isinstance(written, dict) and not {"phase", "bands"}.isdisjoint(written)
    return "<phased>" if has_keys or isinstance(written, Phased) else "<bands>"


def _in_one_way(form: tuple[Band, ...] | Phased) -> tuple[Band, ...] | Phased:
    return form.bands if isinstance(form, Phased) and form.phase == "minimum" else form


Form = Annotated[
    Annotated[Bands, Tag("<bands>")] | Annotated[Phased, Tag("<phased>")],
    Discriminator(_form_of),
    AfterValidator(_in_one_way),
]


class Eq(RootModel[Form], FilterParameters):
    """Bands that follow their analogue curves up to 20 kHz, in any number."""

    model_config = SCALAR_SETTINGS
    version: ClassVar[int] = 2  # 2: within 0.1 dB of the analogue curve up to 20 kHz

    def curves(self) -> list[Curve]:
        """Return the analogue curves of its bands."""
        bands = self.root.bands if isinstance(self.root, Phased) else self.root
        return [band.curve() for band in bands]

    def filter_phase(self) -> Phase:
        """Return how it follows them."""
        return self.root.phase if isinstance(self.root, Phased) else "minimum"
