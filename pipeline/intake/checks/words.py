"""How checks say where something is."""

from __future__ import annotations


def clock(time_s: float) -> str:
    """Return a place as ``m:ss``, rounded down."""
    minutes, seconds = divmod(int(time_s), 60)
    return f"{minutes}:{seconds:02}"
