"""Specs in a few lines: an album of three songs with something added or replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, RootModel

from pipeline.errors import SpecError
from pipeline.spec.loader import LoadedSpec, read
from pipeline.units import DB

Read = Callable[[str], LoadedSpec]
Problems = Callable[[str], list[str]]

SONGS = """\
  slipway:  {title: Slipway, mix: mixes/01.wav}
  tide:     {title: Tide, mix: mixes/02.wav}
  undertow: {title: Undertow, mix: mixes/03.wav}
"""


class Squeeze(BaseModel):
    """A processor with two settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ratio: float = 2.0
    threshold: Annotated[float, DB.within(-60, 0)]


class Trim(RootModel[Annotated[float, DB]]):
    """A processor whose settings are one value."""


class Swap(RootModel[Annotated[float, DB]]):
    """A processor that works between left and right."""

    needs_stereo: ClassVar[bool] = True


@pytest.fixture
def processors() -> Mapping[str, type[BaseModel]]:
    return {"squeeze": Squeeze, "trim": Trim, "swap": Swap}


@pytest.fixture
def read_text(processors: Mapping[str, type[BaseModel]]) -> Read:
    """Read a whole spec from its text, in the folder /albums/low-water."""
    return lambda text: read(
        text, path=Path("/albums/low-water/album.yaml"), processors=processors
    )


@pytest.fixture
def spec_of(read_text: Read) -> Read:
    """Read an album of three songs; a text with `tracks:` replaces them."""
    return lambda text: read_text(_whole(text))


@pytest.fixture
def problems_of(spec_of: Read) -> Problems:
    """Return what is wrong with an album, each as `path: message | hint`."""

    def problems(text: str) -> list[str]:
        try:
            spec_of(text)
        except SpecError as error:
            return [f"{p.path}: {p.message} | {p.hint}" for p in error.problems]
        return []

    return problems


def _whole(text: str) -> str:
    album = "" if "album:" in text else "album: {title: Low Water, artist: The Ferrymen}\n"
    tracks = "" if "tracks:" in text.splitlines() else f"tracks:\n{SONGS}"
    return album + tracks + text
