"""Lines put into the text of a spec: nothing that stands there is moved, changed or taken out.

The text is never written anew from what it means, so comments, order, quotes and line ends
stay as their author left them. Where a mapping stands on one line, its closing bracket comes to
stand on a line of its own, behind what is put in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from pipeline.spec.located import KeyPath

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_LINE_END = re.compile(r"\r\n|\n|\r")
_STEP = "  "


class NoRoomError(ValueError):
    """There is no place where lines could be put in; the text says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text to be put in before the character `index` of another."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ChainLine:
    """A processor as one line of a chain.

    Parameters
    ----------
    item : str
        In flow style: ``high_pass: {at: 22 Hz}``, or in braces with its routing.
    comment : str
        What is said behind it; one line.
    is_last : bool
        Whether it comes behind what the chain has already, and not before it.
    """

    item: str
    comment: str
    is_last: bool = False


@dataclass(slots=True)
class _Span:
    """A value in the text: where it begins and ends, and what is in it."""

    start: int
    end: int
    kind: str  # "map", "list", "text", "alias"
    is_flow: bool = False
    written: str = ""
    keys: dict[str, tuple[int, _Span]] = field(default_factory=dict)
    items: list[_Span] = field(default_factory=list)


class SpecText:
    """The text of a spec, and where its values stand.

    Parameters
    ----------
    text : str
        A spec without problems.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = _compose(text)
        first = _LINE_END.search(text)
        self._newline = first[0] if first else "\n"

    def chain_insertions(
        self, path: KeyPath, key: str, lines: Sequence[ChainLine]
    ) -> tuple[Insertion, ...]:
        """Return what puts processors into a chain, which need not be there yet.

        Parameters
        ----------
        path : tuple
            Leads to the mapping that has the chain.
        key : str
            The key of the chain in it.
        lines : sequence of ChainLine
            In the order of the signal.

        Raises
        ------
        NoRoomError
            If the chain is written in a way that no line can be added to.
        """
        owner = self._find(path)
        if key not in owner.keys:
            return tuple(self._new_chain(owner, key, lines))
        key_start, chain = owner.keys[key]
        if chain.kind == "list":
            first = [each for each in lines if not each.is_last]
            last = [each for each in lines if each.is_last]
            if chain.is_flow and self.text[chain.start] != "[":
                raise NoRoomError(f"its {key} has a name that others may use")
            add = self._into_flow if chain.is_flow else self._into_block
            return tuple(add(chain, key_start, first, last))
        if (
            chain.kind == "text"
            and not self.text[chain.start : chain.end]
            and not owner.is_flow
        ):
            indent = self._indent(key_start) + _STEP
            return (self._whole_lines(key_start, _block(lines, indent)),)
        raise NoRoomError(f"its {key} is written elsewhere, or as one word")

    def region(self, path: KeyPath) -> str:
        """Return the text of an entry with its comments: from its key to the next key.

        Raises
        ------
        NoRoomError
            If no such entry is written there.
        """
        owners = [self._find(path[:depth]) for depth in range(len(path))]
        if path[-1] not in owners[-1].keys:
            raise NoRoomError("it is written elsewhere")
        start = owners[-1].keys[str(path[-1])][0]
        starts = [each for owner in owners for each, _ in owner.keys.values()]
        end = min((each for each in starts if each > start), default=len(self.text))
        return self.text[start:end]

    def line_of(self, index: int) -> int:
        """Return the number of the line that a character stands in, from 1."""
        return len(_LINE_END.findall(self.text, 0, index)) + 1

    def _find(self, path: KeyPath) -> _Span:
        span = self._root
        for step in path:
            if span.kind != "map" or step not in span.keys:
                raise NoRoomError("it is written elsewhere")
            span = span.keys[str(step)][1]
        if span.kind != "map":
            raise NoRoomError("it is written elsewhere")
        return span

    def _new_chain(
        self, owner: _Span, key: str, lines: Sequence[ChainLine]
    ) -> Iterator[Insertion]:
        if not owner.keys:
            raise NoRoomError("nothing stands there")
        key_start, last = max(owner.keys.values(), key=lambda each: each[0])
        if owner.is_flow:
            indent = self._indent_of_line(owner.start) + 2 * _STEP
            inner = [f"{indent}{key}: [", *_flow(lines, indent + _STEP), f"{indent}],"]
            yield from self._behind(max(last.end, key_start), inner, indent[len(_STEP) :])
            return
        indent = self._indent(min(start for start, _ in owner.keys.values()))
        where = self._last_line(max(last.end, key_start), indent)
        yield self._whole_lines(where, [f"{indent}{key}:", *_block(lines, indent + _STEP)])

    def _into_block(
        self,
        chain: _Span,
        key_start: int,
        first: Sequence[ChainLine],
        last: Sequence[ChainLine],
    ) -> Iterator[Insertion]:
        indent = self._indent(chain.start)
        if first:
            yield self._whole_lines(key_start, _block(first, indent))
        if last:
            where = self._last_line(chain.items[-1].end, indent + " ")
            yield self._whole_lines(where, _block(last, indent))

    def _into_flow(
        self,
        chain: _Span,
        _: int,
        first: Sequence[ChainLine],
        last: Sequence[ChainLine],
    ) -> Iterator[Insertion]:
        indent = self._indent_of_line(chain.start) + 2 * _STEP
        if not chain.items:
            first, last = [*first, *last], []
        if first:
            inner = self._newline.join(["", *_flow(first, indent), indent])
            yield Insertion(chain.start + 1, inner)
        if last:
            yield from self._behind(chain.items[-1].end, _flow(last, indent), indent)

    def _behind(self, end: int, lines: Iterable[str], indent: str) -> Iterator[Insertion]:
        """Yield what adds lines to a list or mapping in brackets behind its last value."""
        rest = self.text[end : self._line_end(end)]
        comma = re.match(r"\s*,", rest)
        if re.fullmatch(r"\s*,?(\s+#.*|\s*)", rest):  # the bracket stands further down
            if not comma:
                yield Insertion(end, ",")
            yield self._whole_lines(end, lines)
            return
        where = end + (comma.end() if comma else 0)
        text = self._newline.join(["" if comma else ",", *lines, indent])
        yield Insertion(where, text)

    def _whole_lines(self, index: int, lines: Iterable[str]) -> Insertion:
        """Return what puts lines in below that of a character."""
        end = self._line_end(index)
        ending = _LINE_END.match(self.text, end)
        if ending:
            return Insertion(ending.end(), "".join(each + self._newline for each in lines))
        return Insertion(end, "".join(self._newline + each for each in lines))

    def _last_line(self, end: int, indent: str) -> int:
        """Return a place in the last line of a value, with the comments that belong to it."""
        before = len(self.text[:end].rstrip())  # a folded text takes the empty lines below it
        place = min(end, max(before, 0))
        while ending := _LINE_END.match(self.text, self._line_end(place)):
            below = self.text[ending.end() : self._line_end(ending.end())]
            if not below.startswith(indent) or not below.lstrip().startswith("#"):
                break
            place = ending.end()
        return place

    def _indent(self, index: int) -> str:
        """Return what stands before a value in its line, which must be nothing."""
        before = self.text[self._line_start(index) : index]
        if before.strip(" "):
            raise NoRoomError("something else stands before it in its line")
        return before

    def _indent_of_line(self, index: int) -> str:
        line = self.text[self._line_start(index) : index]
        return line[: len(line) - len(line.lstrip(" "))]

    def _line_start(self, index: int) -> int:
        return max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1

    def _line_end(self, index: int) -> int:
        ending = _LINE_END.search(self.text, index)
        return ending.start() if ending else len(self.text)


def with_insertions(text: str, insertions: Iterable[Insertion]) -> str:
    """Return a text with others put in; what goes to one place keeps its order."""
    parts, done = [], 0
    for each in sorted(insertions, key=lambda each: each.index):
        parts += [text[done : each.index], each.text]
        done = each.index
    return "".join([*parts, text[done:]])


def flow(value: Mapping[str, Any] | Sequence[Any] | str) -> str:
    """Return settings as the spec writes them on one line; texts must need no quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(flow(each) for each in value) + "]"


def _block(lines: Iterable[ChainLine], indent: str) -> list[str]:
    return [f"{indent}- {each.item}  # {each.comment}" for each in lines]


def _flow(lines: Iterable[ChainLine], indent: str) -> list[str]:
    items = [each.item if each.item.startswith("{") else f"{{{each.item}}}" for each in lines]
    return [
        f"{indent}{item},  # {each.comment}" for item, each in zip(items, lines, strict=True)
    ]


def _compose(text: str) -> _Span:
    """Return the spans of a text that has been read before."""
    stack: list[tuple[_Span, list[_Span]]] = [(_Span(0, 0, "list"), [])]
    for event in yaml.parse(text, Loader=_Loader):
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
                span = _Span(*_extent(event), kind, bool(event.flow_style))
                stack.append((span, []))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                span, held = stack.pop()
                _close(span, held, _extent(event)[1])
                stack[-1][1].append(span)
            case yaml.ScalarEvent():
                span = _Span(*_extent(event), "text", written=event.value)
                stack[-1][1].append(span)
            case yaml.AliasEvent():
                stack[-1][1].append(_Span(*_extent(event), "alias"))
            case _:
                pass
    return stack[0][1][0]


def _close(span: _Span, held: list[_Span], end: int) -> None:
    if span.kind == "list":
        span.items = held
    else:
        pairs = zip(held[::2], held[1::2], strict=True)
        span.keys = {key.written: (key.start, value) for key, value in pairs}
    # A mapping without brackets is said to end where the next thing begins.
    span.end = end if span.is_flow or not held else held[-1].end


def _extent(event: yaml.Event) -> tuple[int, int]:
    assert event.start_mark is not None, "both parsers of PyYAML set it"
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index
