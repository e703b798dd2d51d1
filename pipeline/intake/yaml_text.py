"""Texts of people as lines of a spec: quoted where YAML would read something else."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

_PLAIN = re.compile(r"[^\W\d_](?:[\w ,.()&'’+/-]*[\w.)])?")
_YAML_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}


def quoted(text: str) -> str:
    """Return a text as a YAML scalar that means exactly this text."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _YAML_WORDS:
        return text
    return escaped(json.dumps(text, ensure_ascii=False))


def escaped(text: str) -> str:
    """Escape what YAML does not allow as it is, in a double-quoted scalar or a comment."""
    return "".join(each if fits_on_a_line(each) else f"\\U{ord(each):08x}" for each in text)


def fits_on_a_line(letter: str) -> bool:
    """Whether a character may stand in a text of the spec; what joins emoji may."""
    is_mark = letter in "\ufeff\ufffe\uffff"  # of byte order, and no characters at all
    return unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp") and not is_mark


def one_line(text: str) -> str:
    """Return a text that a title may be: no control characters, no halves of characters."""
    shown = "".join(each if fits_on_a_line(each) else " " for each in text)
    return " ".join(unicodedata.normalize("NFC", shown).split())


def comment(text: str, *, label: str = "") -> Iterator[str]:
    """Yield a text of any number of lines as comments, the first with its label."""
    first, *rest = text.split("\n")
    yield f"# {label}: {escaped(first)}" if label else f"# {escaped(first)}"
    yield from (f"#   {escaped(each)}".rstrip() for each in rest)
