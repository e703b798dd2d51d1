"""File names that every system can hold: Windows, macOS, Linux, a plant's FTP, a ZIP."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from formats.errors import EncodeError

MAX_BYTES = 120
"""Room for a number, an extension and folders within the 260 characters of Windows."""
FALLBACK = "untitled"
_LEAST_MAX_BYTES = 16

# Windows refuses these, with any extension (Microsoft, "Naming Files, Paths, and Namespaces").
_PORTS = (f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³")
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", *_PORTS})
_REPLACED = str.maketrans(
    {"/": "-", "\\": "-", "|": "-", ":": "-", '"': "'", "<": "(", ">": ")", "*": "_", "?": ""}
)


def safe_filename(title: str, *, max_bytes: int = MAX_BYTES) -> str:
    """Return a name for a file or folder that looks like `title` and is safe everywhere.

    Parameters
    ----------
    title : str
        Any text, without an extension.
    max_bytes : int
        Longest result in UTF-8, 16 or more.

    Returns
    -------
    str
        In normalisation form C, never empty. Letters of every script stay; what a file
        system forbids, hides or ignores is replaced or left out. Characters beyond the Basic
        Multilingual Plane stay only if they are letters: emoji do not survive systems with
        two bytes to a character.

    Raises
    ------
    EncodeError
        If `max_bytes` is too small to be of use.

    Notes
    -----
    Making a safe name safe again changes nothing.
    """
    if max_bytes < _LEAST_MAX_BYTES:
        raise EncodeError("longest file name", max_bytes, f"must be {_LEAST_MAX_BYTES} or more")
    # "Title: Subtitle" reads better with a dash between spaces than with one glued on.
    name = re.sub(r":\s+", " - ", unicodedata.normalize("NFC", title))
    name = "".join(_kept(character) for character in name.translate(_REPLACED))
    name = unicodedata.normalize("NFC", re.sub(" +", " ", name))
    name = _trimmed(_shortened(_trimmed(name), max_bytes))
    if name.split(".")[0].rstrip().upper() in _DEVICES:
        stem, dot, rest = name.partition(".")
        name = f"{stem.rstrip()}_{dot}{rest}"
        name = _trimmed(_shortened(name, max_bytes))
    return name or FALLBACK


def unique_names(names: Sequence[str], *, max_bytes: int = MAX_BYTES) -> tuple[str, ...]:
    """Return `names` in their order, with those that collide told apart by a number.

    Two names collide if some system takes them for the same: case and the ways of writing an
    accent make no difference. The first of them keeps its name, the next become ``Name (2)``,
    ``Name (3)``; a name that collides with none never changes, so an edit elsewhere on the
    record does not rename it.

    Parameters
    ----------
    names : sequence of str
        Results of `safe_filename`, without extensions.
    max_bytes : int
        Longest result in UTF-8.
    """
    taken = {_folded(name) for name in names}
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        unique, folded = name, _folded(name)
        seen[folded] += 1
        if seen[folded] > 1:
            unique, seen[folded] = _numbered(name, seen[folded], taken, max_bytes)
            taken.add(_folded(unique))
        result.append(unique)
    return tuple(result)


def _numbered(name: str, number: int, taken: set[str], max_bytes: int) -> tuple[str, int]:
    """Return the first free numbered form of `name`, and the number it got."""
    while True:
        suffix = f" ({number})"
        base = _trimmed(_shortened(name, max_bytes - len(suffix)))
        if _folded(base + suffix) not in taken:
            return base + suffix, number
        number += 1


def _folded(name: str) -> str:
    """Return what is equal for names that collide (Unicode 3.13, canonical caseless match)."""
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", decomposed)


def _kept(character: str) -> str:
    """Return the character, a space for other spaces, or nothing."""
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\n\r":
        return " "
    # Controls, invisible formatting, lone surrogates, private use, unassigned; enclosing marks
    # and variation selectors, which only turn the character before them into a picture.
    if category[0] == "C" or category == "Me" or _is_variation_selector(character):
        return ""
    return character if ord(character) <= 0xFFFF or category[0] in "LMN" else ""


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _shortened(name: str, max_bytes: int) -> str:
    """Cut `name` to fit, never between a letter and its accent."""
    encoded = name.encode()
    if len(encoded) <= max_bytes:
        return name
    kept = encoded[:max_bytes].decode(errors="ignore")
    while kept and unicodedata.category(name[len(kept)])[0] == "M":
        kept = kept[:-1]
    return kept


def _trimmed(name: str) -> str:
    """Strip what Windows drops at the end and Unix hides at the front; no accent may lead."""
    name = name.rstrip(" .").lstrip(" .")
    while name and unicodedata.category(name[0])[0] == "M":
        name = name[1:].lstrip(" .")
    return name
