"""What was found and what to write instead: pydantic's complaints in the words of the trade."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from pipeline.errors import SpecProblem
from pipeline.spec.located import KeyPath, Node, Place
from pipeline.spec.model import Routing, keys_of
from pipeline.spec.scalars import describe
from pipeline.spec.schema import Schema, json_schema

_PYDANTICS_OWN = frozenset(get_args(ErrorType))
# Words of the design that later versions bring: neither typing errors nor keys.
_OTHER_VERSION = frozenset(
    {"stems", "alternates", "tone", "tests", "advisory", "sides", "use", "profile"}
    | {"size", "rpm", "auto_ceiling"}
)
_ABOUT_KEYS = ("extra_forbidden", "missing")
_NOT_KEYS = (
    *("[key]", "<word>", "<span>", "<bands>", "<phased>", "<share>", "<points>"),
    *("<cd_image>", "<ddp>", "<lossless>", "<mp3>"),
)
_OTHER_KINDS = ("vinyl",)
_OWNERS = {
    "AlbumInfo": "album",
    "Product": "a product",
    "TrackSpec": "a track",
    "EditionSpec": "an edition",
    "CdImage": "a deliverable of kind cd_image",
    "Ddp": "a deliverable of kind ddp",
    "CdText": "cd_text",
    "LosslessFiles": "a deliverable of kind files with format wav or flac",
    "Mp3Files": "a deliverable of kind files with format mp3",
    "LimiterSpec": "limiter",
    "LevelAim": "level",
    "Hidden": "hidden",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong, and how to mend it."""

    message: str
    hint: str = ""


def text_of(path: KeyPath) -> str:
    """Return a path as it is printed: ``tracks.tide.chain[1].eq``; lists count from 1."""
    steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word that looks most like `word`, or at all there are."""
    known = list(known)
    if close := difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6):
        return f"{close[0]}?"
    return f"allowed: {', '.join(known)}" if known else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit: `path` in the completed spec, and the words."""

    path: KeyPath
    message: str
    hint: str = ""

    def placed(self, written: Node, root: Node) -> SpecProblem:
        """Return it with its place: where it was written, or where it was inherited from."""
        place = Place.find(written, self.path)
        if place.node is None:
            place = Place.find(root, self.path)
        return SpecProblem(place.mark, text_of(place.path), self.message, self.hint)


Problems: TypeAlias = Iterator[Problem]


class Translator:
    """Turns what pydantic says about a spec into problems with a place.

    Parameters
    ----------
    root : Node
        The spec, with everything inherited.
    processors : mapping of str to type of BaseModel
        The processors that a chain may name.
    """

    def __init__(self, root: Node, processors: Mapping[str, type[BaseModel]]) -> None:
        self._root = root
        self._processors = processors

    @cached_property
    def _schema(self) -> Schema:
        return json_schema(self._processors)

    def problem(self, error: ErrorDetails) -> SpecProblem:
        """Return the problem that pydantic complains about."""
        loc = keys_of_loc(error["loc"])
        place = Place.find(self._root, loc)
        words = self._words(error, place, loc)
        at_key = error["type"] in _ABOUT_KEYS or "[key]" in error["loc"]
        mark = place.key_mark if at_key else place.mark
        is_union = place.node is None and error["type"] in _PYDANTICS_OWN and not at_key
        path = place.parent.path if is_union else place.path  # pydantic names the members too
        return SpecProblem(mark, text_of(path), words.message, words.hint)

    def _words(self, error: ErrorDetails, place: Place, loc: KeyPath) -> Words:
        kind, found, context = error["type"], error["input"], error.get("ctx", {})
        if kind == "extra_forbidden":
            return self._unknown_key(place.parent, loc)
        if kind == "missing":
            return _missing(str(loc[-1]), is_empty=place.node is not None)
        if kind in _SENTENCES:
            return _SENTENCES[kind](found, context)
        own = kind not in _PYDANTICS_OWN  # a processor's own sentence
        return Words(error["msg"] if own else f"{describe(found)} cannot stand here")

    def _unknown_key(self, parent: Node, loc: KeyPath) -> Words:
        key = str(loc[-1])
        message = f"'{key}' is not a key here"
        if key[:1].isdigit() and (value := parent.get(key)) and value.value is None:
            return Words(
                f"a comma parts '{key}' from what is before", "the decimal sign is a point"
            )
        if key in _OTHER_VERSION:
            return Words(f"'{key}' is not a key of this version", "take it out")
        allowed = list(self._keys(loc[:-1], parent))
        if difflib.get_close_matches(key.lower(), allowed, n=1, cutoff=0.75):
            other_form = "it does not go with the other keys that stand here"
            return Words(message, other_form if key in allowed else nearest(key, allowed))
        if key in keys_of(Routing) and _is_in_chain(loc):
            hint = "it stands beside the processor's name, not among its settings"
            return Words(message, hint)
        if owners := self._owners(key):
            return Words(message, f"it is a key of {' and of '.join(owners)}")
        return Words(message, nearest(key, allowed))

    def _owners(self, key: str) -> list[str]:
        owners = [
            owner
            for name, owner in _OWNERS.items()
            if key in self._schema["$defs"].get(name, {}).get("properties", {})
        ]
        return owners or (["the whole spec"] if key in self._schema["properties"] else [])

    def _keys(self, path: KeyPath, parent: Node) -> Iterator[str]:
        """Yield the keys that are allowed in a mapping, given what it says it is."""
        options = list(self._flat(self._schema))
        for step in path:
            options = [
                each
                for option in options
                for inner in _inside(option, step)
                for each in self._flat(inner)
            ]
        for option in options:
            if _fits(option, parent):
                yield from option.get("properties", {})

    def _flat(self, schema: Schema) -> Iterator[Schema]:
        if "$ref" in schema:
            schema = self._schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        yield schema
        for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from self._flat(option)


def _is_in_chain(loc: KeyPath) -> bool:
    return not {"chain", "album_chain"}.isdisjoint(loc[:-1])


def _inside(schema: Schema, step: str | int) -> Iterator[Schema]:
    if isinstance(step, int):
        yield from (schema[key] for key in ("items",) if isinstance(schema.get(key), dict))
    elif step in schema.get("properties", {}):
        yield schema["properties"][step]
    else:
        yield from schema.get("patternProperties", {}).values()


def _fits(schema: Schema, mapping: Node) -> bool:
    """Whether a mapping says nothing that this schema contradicts: its kind, its format."""
    for key, wanted in schema.get("properties", {}).items():
        said = mapping.get(key)
        allowed = wanted.get("enum", [wanted["const"]] if "const" in wanted else None)
        if key in ("kind", "format") and said and allowed and said.value not in allowed:
            return False
    return True


def keys_of_loc(loc: tuple[str | int, ...]) -> KeyPath:
    """Return the path of keys in pydantic's `loc`, which also names members of unions."""
    return tuple(step for step in loc if step not in _NOT_KEYS)


def _missing(key: str, *, is_empty: bool) -> Words:
    if is_empty:
        return Words("has no value", f"write {key}: …, in quotes if it begins with #")
    return Words("is missing", f"write {key}: …")


def _unknown_kind(found: object, context: dict[str, Any]) -> Words:
    kind, allowed = context["kind"], context["allowed"]
    if kind in _OTHER_KINDS:
        return Words(
            f"'{kind}' is not a kind of this version", f"allowed: {', '.join(allowed)}"
        )
    return Words(f"{describe(kind)} is no kind of deliverable", nearest(str(kind), allowed))


def _missing_choice(found: object, context: dict[str, Any]) -> Words:
    return Words("is missing", f"allowed: {', '.join(context['allowed'])}")


def _not_a_choice(found: object, context: dict[str, Any]) -> Words:
    return _choice(context["found"], {"expected": ", ".join(context["allowed"])})


def _said(found: object, context: dict[str, Any]) -> Words:
    return Words(str(context["error"]))


def _unknown_processor(found: object, context: dict[str, Any]) -> Words:
    name = str(context["name"])
    return Words(f"there is no processor '{name}'", nearest(name, context["allowed"]))


def _choice(found: object, context: dict[str, Any]) -> Words:
    known = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
    message = f"{describe(found)} is not one of {', '.join(known)}"
    close = difflib.get_close_matches(str(found).lower(), known, n=1)
    return Words(message, f"{close[0]}?" if close else "")


def _too_little(found: object, context: dict[str, Any]) -> Words:
    return Words(f"{describe(found)} does not say enough", f"write {context['wanted']}")


def _no_mapping(found: object, context: dict[str, Any]) -> Words:
    hint = "a colon and a space stand between key and value: key: value"
    return Words(
        f"{describe(found)} stands where keys with values are meant", hint if found else ""
    )


def _no_list(found: object, context: dict[str, Any]) -> Words:
    hint = "write [first, second], or lines that begin with a - and a space"
    return Words(f"{describe(found)} stands where a list is meant", hint)


def _no_number(found: object, context: dict[str, Any]) -> Words:
    return Words(f"{describe(found)} is not a plain number")


def _no_whole_number(found: object, context: dict[str, Any]) -> Words:
    return Words(f"{describe(found)} is not a whole number")


def _no_text(found: object, context: dict[str, Any]) -> Words:
    hint = 'if the brackets are part of the text: put quotes around it: "[Untitled]"'
    meant = f"{describe(found)} stands where text is meant"
    return Words(meant, hint if isinstance(found, list | dict) else "")


def _no_switch(found: object, context: dict[str, Any]) -> Words:
    return Words(f"{describe(found)} is neither true nor false")


def _bound(word: str, key: str) -> Callable[[object, dict[str, Any]], Words]:
    return lambda found, context: Words(f"{describe(found)} is not {word} {context[key]}")


_SENTENCES: Mapping[str, Callable[[object, dict[str, Any]], Words]] = {
    "value_error": _said,
    "assertion_error": _said,
    "unknown_processor": _unknown_processor,
    "unknown_kind": _unknown_kind,
    "missing_choice": _missing_choice,
    "not_a_choice": _not_a_choice,
    "literal_error": _choice,
    "enum": _choice,
    "model_type": _no_mapping,
    "model_attributes_type": _no_mapping,
    "dict_type": _no_mapping,
    "mapping_type": _no_mapping,
    "tuple_type": _no_list,
    "list_type": _no_list,
    "float_type": _no_number,
    "float_parsing": _no_number,
    "finite_number": _no_number,
    "int_type": _no_whole_number,
    "int_parsing": _no_whole_number,
    "int_from_float": _no_whole_number,
    "int_parsing_size": _no_whole_number,
    "string_type": _no_text,
    "not_text": _no_text,
    "too_little": _too_little,
    "bool_type": _no_switch,
    "bool_parsing": _no_switch,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
}
