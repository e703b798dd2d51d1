"""YAML with the place of every value: text in, a tree of nodes out, nothing interpreted.

Every scalar stays the text that was written: `2:00`, `0123`, `NO` and `1e-3` are not made into
something else. Only an empty value, `~` and `null` mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from pipeline.errors import Mark, SpecError, SpecProblem
from pipeline.spec.structure import misspelt

KeyPath: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "str | tuple[Node, ...] | dict[str, Entry] | None"

MAX_DEPTH = 24
MAX_NODES = 50_000  # with aliases expanded: a bomb of them stops here
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the spec and where it stands.

    Parameters
    ----------
    mark : Mark
        Where it was written.
    path : tuple
        The keys and indexes that lead to where it was written.
    value : str or None or tuple of Node or dict
        Text, nothing, a list, or a mapping from key to `Entry`.
    n_nodes, height : int
        How many nodes it is with all that is in it, and how many levels.
    """

    mark: Mark
    path: KeyPath
    value: Value
    n_nodes: int = 1
    height: int = 1

    @property
    def entries(self) -> dict[str, Entry]:
        """What a mapping holds; empty for everything else."""
        return self.value if isinstance(self.value, dict) else {}

    def get(self, *path: str | int) -> Node | None:
        """Return the node that a path leads to from here, if there is one."""
        node: Node | None = self
        for step in path:
            node = node._child(step) if node else None
        return node

    def plain(self) -> Any:
        """Return the value without places: text, None, lists and dictionaries."""
        match self.value:
            case tuple():
                return [each.plain() for each in self.value]
            case dict():
                return {key: entry.node.plain() for key, entry in self.value.items()}
            case _:
                return self.value

    def _child(self, step: str | int) -> Node | None:
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value[step].node if step in self.value else None
        if isinstance(self.value, tuple) and isinstance(step, int):
            return self.value[step] if 0 <= step < len(self.value) else None
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping: where the key stands, and its value."""

    key_mark: Mark
    node: Node


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads in a spec.

    Parameters
    ----------
    path : tuple
        The path as it stands in the file: what is inherited is written elsewhere.
    mark : Mark
        The value, or its key if it is a mapping; if nothing is written there, what is around.
    key_mark : Mark
        The key that leads to the value, or the value itself if none does.
    node : Node or None
        The value; None if nothing is written there.
    parent : Node
        The deepest list or mapping on the way that is written.
    """

    path: KeyPath
    mark: Mark
    key_mark: Mark
    node: Node | None
    parent: Node

    @classmethod
    def find(cls, root: Node, path: KeyPath) -> Place:
        """Follow `path` from the root as far as the spec goes."""
        node, parent, key_mark = root, root, root.mark
        for depth, step in enumerate(path):
            child = node.get(step)
            if child is None and isinstance(step, int) and isinstance(node.value, dict):
                continue  # one thing where a list may stand is read as a list of one
            if child is None:
                return cls((*node.path, *path[depth:]), key_mark, key_mark, None, node)
            key_mark = node.entries[step].key_mark if isinstance(step, str) else child.mark
            node, parent = child, node
        mark = key_mark if isinstance(node.value, dict) else node.mark
        return cls(node.path, mark, key_mark, node, parent)


def compose(text: str, *, file: str) -> Node:
    """Return the tree of a YAML text.

    Raises
    ------
    SpecError
        If it is no YAML, or YAML of a kind that a spec has no use for.
    """
    if odd := _UNREADABLE.search(text):
        message = f"character U+{ord(odd[0]):04X} cannot stand in a spec; take it out"
        raise SpecError((SpecProblem(mark_at(text, odd.start(), file=file), "", message),))
    composer = _Composer(file)
    try:
        composer.run(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise SpecError((*composer.problems, misspelt(error, text, file=file))) from None
    if composer.problems or composer.root is None:
        raise SpecError(tuple(composer.problems) or (_empty(file),))
    return composer.root


def mark_at(text: str, index: int, *, file: str) -> Mark:
    """Return the place of a character, counted from 0, in a text."""
    before = text[:index]
    return Mark(file, before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def _empty(file: str) -> SpecProblem:
    hint = "glassmaster init MIXES writes one from a folder of mixes"
    return SpecProblem(Mark(file, 1, 1), "", "there is nothing in this file", hint)


class _TooMuchError(Exception):
    """Reading on makes no sense; the problem has been noted."""


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun and not ended."""

    mark: Mark
    path: KeyPath
    anchor: str | None
    value: list[Node] | dict[str, Entry]
    key: str | None = None
    key_mark: Mark | None = None
    n_nodes: int = 1
    height: int = 1

    def next_path(self) -> KeyPath:
        step = len(self.value) if isinstance(self.value, list) else self.key
        return self.path if step is None else (*self.path, step)

    def close(self) -> Node:
        value = tuple(self.value) if isinstance(self.value, list) else self.value
        return Node(self.mark, self.path, value, self.n_nodes, self.height)


@dataclass(slots=True)
class _Composer:
    """Builds nodes from parser events without recursion, so that no depth can exhaust it."""

    file: str
    problems: list[SpecProblem] = field(default_factory=list)
    root: Node | None = None
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, Node] = field(default_factory=dict)
    _n_documents: int = 0

    def run(self, events: Iterator[yaml.Event]) -> None:
        try:
            for event in events:
                self._take(event)
        except _TooMuchError:
            pass

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._n_documents += 1
                if self._n_documents > 1:
                    self._stop(event, "a second document begins (---); a spec is one", "")
            case yaml.AliasEvent():
                self._add(self._alias(event), event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.SequenceStartEvent():
                self._open(event, [])
            case yaml.MappingStartEvent():
                self._open(event, {})
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                closed = self._stack.pop()
                node = closed.close()
                self._anchor(closed.anchor, node)
                self._add(node, event)
            case _:
                pass  # the stream's and the document's ends tell nothing

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_tag(event)
        is_plain = event.style in (None, "")
        value = None if is_plain and event.value in ("", "~", "null") else event.value
        node = Node(self._mark(event), self._path(), value)
        self._anchor(event.anchor, node)
        self._add(node, event)

    def _open(
        self, event: yaml.CollectionStartEvent, value: list[Node] | dict[str, Entry]
    ) -> None:
        self._refuse_tag(event)
        if len(self._stack) == MAX_DEPTH:
            self._stop(event, f"lists and mappings are more than {MAX_DEPTH} deep here", "")
        self._stack.append(_Open(self._mark(event), self._path(), event.anchor, value))

    def _path(self) -> KeyPath:
        return self._stack[-1].next_path() if self._stack else ()

    def _alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor in self._anchors:
            return self._anchors[event.anchor]
        self._say(
            event,
            f"'*{event.anchor}' repeats something that has not been named",
            f'if the star is meant: put quotes around the text: "*{event.anchor}"',
        )
        return Node(self._mark(event), self._path(), None)

    def _anchor(self, name: str | None, node: Node) -> None:
        if name is not None:
            self._anchors[name] = node

    def _add(self, node: Node, event: yaml.Event) -> None:
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif parent.key_mark is None:
            self._key(parent, node, event)
        else:
            if parent.key is not None:
                parent.value[parent.key] = Entry(parent.key_mark, node)
            parent.key = parent.key_mark = None
        parent.n_nodes += node.n_nodes
        parent.height = max(parent.height, 1 + node.height)
        if len(self._stack) + node.height > MAX_DEPTH:
            self._stop(event, f"lists and mappings are more than {MAX_DEPTH} deep here", "")
        if parent.n_nodes > MAX_NODES:
            self._stop(event, f"these are more than {MAX_NODES:,} values, repeats included", "")

    def _key(self, parent: _Open, node: Node, event: yaml.Event) -> None:
        assert isinstance(parent.value, dict)
        parent.key_mark, key = node.mark, node.value
        if not isinstance(key, str):
            self._say_at(node.mark, "a key is missing here, or is no text", "write key: value")
        elif key == "<<":
            hint = "keys that all tracks share stand under defaults"
            self._say_at(node.mark, "'<<' is not read: write the keys out", hint)
        elif key in parent.value:
            first = parent.value[key].key_mark
            message = f"'{key}' stands here a second time; the first is in line {first.line}"
            self._say_at(node.mark, message, "take one of them out")
        else:
            parent.key = key

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "take it out; if the text begins with !, put quotes around it"
            self._say(event, f"the type '{tag}' is not read: every value is text", hint)

    def _mark(self, event: yaml.Event) -> Mark:
        assert event.start_mark is not None, "both parsers of PyYAML set it"
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _say(self, event: yaml.Event, message: str, hint: str) -> None:
        self._say_at(self._mark(event), message, hint)

    def _say_at(self, mark: Mark, message: str, hint: str) -> None:
        self.problems.append(SpecProblem(mark, "", message, hint))

    def _stop(self, event: yaml.Event, message: str, hint: str) -> None:
        self._say(event, message, hint)
        raise _TooMuchError
