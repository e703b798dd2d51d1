"""Reading an `album.yaml`: all its problems at once, each with its place and a hint."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.errors import Mark, SpecError, SpecProblem
from pipeline.spec.checks import check, remarks
from pipeline.spec.editions import inherit
from pipeline.spec.hints import Translator, keys_of_loc
from pipeline.spec.located import KeyPath, Node, Place, compose, mark_at
from pipeline.spec.model import AlbumSpec, TrackSpec

MAX_BYTES = 1 << 20  # 500 songs with chains make 200 kB

# What takes the place of a value that is missing, so that the rest can be looked at.
_STAND_INS: Mapping[str, Any] = {
    "title": "-",
    "artist": "-",
    "album": {"title": "-", "artist": "-"},
    "tracks": {},
}
_STAND_INS_BELOW: Mapping[object, Any] = {
    "tracks": {"title": "-", "mix": "-"},
    "products": {},
    "editions": {},
}


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec that was read and has no problems.

    Parameters
    ----------
    spec : AlbumSpec
        What it means.
    path : KeyPath
        The file, absolute.
    folder : KeyPath
        Its folder, which paths in the spec are relative to.
    text : str
        What the file says.
    remarks : tuple of SpecProblem
        What is no error but hardly meant.
    root : Node
        The located values behind `spec`, inherited ones included.
    """

    spec: AlbumSpec
    path: Path
    folder: Path
    text: str
    remarks: tuple[SpecProblem, ...]
    root: Node = field(repr=False)

    def mark(self, path: KeyPath) -> Mark:
        """Return where the value was written; if it was not, the nearest thing around it."""
        return Place.find(self.root, path).mark


def load(path: Path, *, processors: Mapping[str, type[BaseModel]]) -> LoadedSpec:
    """Read a spec from its file.

    Parameters
    ----------
    path : KeyPath
        The file; messages name it as it is given here.
    processors : mapping of str to type of BaseModel
        The parameters of each processor that a chain may name.

    Raises
    ------
    SpecError
        With everything that is wrong, in the order of the file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "glassmaster init MIXES writes one from a folder of mixes; -f FILE names another"
        _stop(path, "there is no such file", hint)
    except OSError as error:
        _stop(path, f"cannot be read: {error.strerror}")
    if len(data) > MAX_BYTES:
        _stop(path, "is larger than 1 MB; a spec is text of a few pages")
    return read(_decode(data, path), path=path, processors=processors)


def read(text: str, *, path: Path, processors: Mapping[str, type[BaseModel]]) -> LoadedSpec:
    """Return the spec that a text is.

    Parameters
    ----------
    text : str
        What the file says.
    path : KeyPath
        The file, for places and for what paths are relative to; it need not exist.
    processors : mapping of str to type of BaseModel
        The parameters of each processor that a chain may name.

    Raises
    ------
    SpecError
        With everything that is wrong, in the order of the file.
    """
    file = path.absolute()
    written = compose(text, file=str(path))
    if not isinstance(written.value, dict):
        problem = SpecProblem(written.mark, "", "a spec is keys with values", "album: …")
        raise SpecError((problem,))
    root = inherit(written)
    reader = _Reader(root, written, {"processors": processors, "folder": file.parent})
    spec = reader.spec()
    notes = tuple(
        each.placed(written, root) for each in remarks(spec, written=written, text=text)
    )
    return LoadedSpec(spec, file, file.parent, text, _once(notes), root)


def _stop(path: Path, message: str, hint: str = "") -> NoReturn:
    raise SpecError((SpecProblem(Mark(str(path), 1, 1), "", message, hint),))


def _decode(data: bytes, path: Path) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _stop(path, "the text is UTF-16", "save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        mark = mark_at(before, len(before), file=str(path))
        message = f"byte {data[error.start]:02X} is not UTF-8"
        raise SpecError((SpecProblem(mark, "", message, "save the text as UTF-8"),)) from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """One reading of a spec: its values as written and with what is inherited."""

    root: Node
    written: Node
    context: dict[str, Any]

    def spec(self) -> AlbumSpec:
        """Return the spec, or raise all of its problems."""
        data = self.root.plain()
        spec, errors = self._validate(data)
        problems = self._translate(errors)
        failed = {keys_of_loc(error["loc"]) for error in errors}
        rest = spec or self._rest(data, errors)
        if rest:
            found = check(rest, root=self.root, written=self.written)
            problems += [
                each.placed(self.written, self.root)
                for each in found
                if not _is_near(each.path, failed)
            ]
        if problems or spec is None:
            raise SpecError(_once(problems))
        return spec

    def _validate(self, data: dict[str, Any]) -> tuple[AlbumSpec | None, list[ErrorDetails]]:
        album = {key: value for key, value in data.items() if key != "defaults"}
        errors = self._errors_in_defaults(data.get("defaults"))
        try:
            return AlbumSpec.model_validate(album, context=self.context), errors
        except ValidationError as error:
            return None, errors + error.errors(include_url=False)

    def _errors_in_defaults(self, defaults: object) -> list[ErrorDetails]:
        """Find what is wrong in `defaults` even if every track says otherwise."""
        if not isinstance(defaults, dict):
            return []
        try:
            TrackSpec.model_validate({"title": "-", **defaults}, context=self.context)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            return [{**each, "loc": ("defaults", *each["loc"])} for each in errors]
        return []

    def _translate(self, errors: list[ErrorDetails]) -> list[SpecProblem]:
        if not errors:
            return []
        translator = Translator(self.root, self.context["processors"])
        return [translator.problem(error) for error in errors]

    def _rest(self, data: dict[str, Any], errors: list[ErrorDetails]) -> AlbumSpec | None:
        """Return what is left without the values that are wrong, to look at how it fits."""
        if any(error["loc"][-1:] == ("[key]",) for error in errors):
            return None  # what is called otherwise cannot be found, nor stand between others
        for _ in range(4):
            for error in errors:
                _take_out(data, error)
            spec, errors = self._validate(data)
            if spec:
                return spec
        return None


def _take_out(data: dict[str, Any], error: ErrorDetails) -> None:
    path = keys_of_loc(error["loc"])
    is_missing = error["type"] in ("missing", "missing_choice")
    if is_missing and path[-1] in _STAND_INS:
        _put(data, path, _STAND_INS[str(path[-1])])
    elif is_missing:
        _put(data, path[:-1], None)
    elif len(path) > 1 and isinstance(path[-1], str):
        _put(data, path, _STAND_INS_BELOW.get(path[-2]))
    else:
        _put(data, path, None)


def _put(data: Any, path: KeyPath, value: object) -> None:
    """Set the value at a path or take it out; a list with something wrong in it goes whole."""
    *way, key = takewhile(lambda step: isinstance(step, str), path)
    for step in way:
        data = data.get(step)
        if not isinstance(data, dict):
            return
    if value is None:
        data.pop(key, None)
    else:
        data[key] = deepcopy(value)


def _is_near(path: KeyPath, failed: Iterable[KeyPath]) -> bool:
    """Whether a problem may only follow from a value that could not be read."""
    return any(path[: len(each)] == each or each[: len(path)] == path for each in failed)


def _once(problems: Iterable[SpecProblem]) -> tuple[SpecProblem, ...]:
    """Sort problems by place; what was inherited several times is said once."""
    first: dict[tuple[str, str], SpecProblem] = {}
    for problem in problems:
        first.setdefault((problem.path, problem.message), problem)
    return tuple(sorted(first.values(), key=lambda problem: problem.mark))
