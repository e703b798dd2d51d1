"""Presets: lines of a spec for a way of mastering, to begin with and to change.

A preset is a file of YAML beside this one, and nothing that happens behind the spec: `init`
writes its lines into the spec, where they can be read, changed and struck out.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UsageError

PROPOSED = "proposed"
"""What `init` writes if nobody asks for another."""

_FOLDER = Path(__file__).parent


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, in alphabetical order."""
    return tuple(sorted(each.stem for each in _FOLDER.glob("*.yaml")))


def preset_text(name: str) -> str:
    """Return the lines of a preset, or of a file of one's own.

    Parameters
    ----------
    name : str
        Name of a preset, or path of a file, which ends in ``.yaml`` or ``.yml``.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name in preset_names():
        return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        raise UsageError(
            f"no preset is called {name}",
            f"presets: {', '.join(preset_names())}; or the path of a .yaml file",
        )
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{name}: cannot be read: {reason}", "is its path right?") from error


def preset_summary(name: str) -> str:
    """Return what a preset says of itself: its first line."""
    return preset_text(name).partition("\n")[0].removeprefix("# ")
