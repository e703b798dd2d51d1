"""The processors a chain may name. A new one: its file, its line here, its test."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from pydantic import BaseModel

# What the spec writes (and the name of the file) to the model of its parameters.
PROCESSORS = {
    "dc_removal": "DcRemoval",
    "hum_removal": "HumRemoval",
    "declick": "Declick",
    "high_pass": "HighPass",
    "low_pass": "LowPass",
    "eq": "Eq",
    "dynamic_eq": "DynamicEq",
    "resonance_tamer": "ResonanceTamer",
    "deesser": "Deesser",
    "compressor": "Compressor",
    "multiband": "Multiband",
    "saturation": "Saturation",
    "width": "Width",
    "mono_bass": "MonoBass",
    "balance": "Balance",
    "gain": "Gain",
    "gain_ride": "GainRide",
    "invert": "Invert",
    "swap": "Swap",
}


@cache
def parameters() -> Mapping[str, type[BaseModel]]:
    """Return the model of parameters of every processor, by the name the spec writes.

    Each model also is a `pipeline.master.processors.Parameters`.
    """
    package = "pipeline.master.processors"
    return MappingProxyType(
        {
            name: getattr(import_module(f"{package}.{name}"), PROCESSORS[name])
            for name in PROCESSORS
        }
    )
