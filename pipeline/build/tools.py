"""Versions of whatever shapes the bytes, read without importing any of it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from formats.tool import ffmpeg_version

_PACKAGES = {
    "numpy": "numpy",
    "numba": "numba",
    "scipy": "scipy",
    "soxr": "soxr",
    "libsndfile": "soundfile",
    "mutagen": "mutagen",
    "pillow": "pillow",
}


@cache
def tool_versions() -> dict[str, str]:
    """Return the version of each tool that a step may name."""
    return {name: _version(package) for name, package in _PACKAGES.items()} | {
        "ffmpeg": ffmpeg_version()
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a checkout run without being installed
        return "unknown"
