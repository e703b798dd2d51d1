"""A page taken apart, and values in which every text is hostile."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from html.parser import HTMLParser
from typing import Any

HOSTILE = (
    '<script>alert("1")</script>\'"><img src=x onerror=alert(2)>'
    "&amp;\u202etxet</title></style>{{ 7*7 }}"
)
VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    own: str = ""  # without that of the elements inside it
    path: tuple[str, ...] = ()


@dataclass
class Page(HTMLParser):
    """A page taken apart: its elements in order, each with all the text inside it."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_data(" ")  # text of neighbours must not run together here
        element = Element(tag, dict(attrs), path=tuple(each.tag for each in self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for each in self.open:
            each.text += data
        if self.open:
            self.open[-1].own += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            each
            for each in self.elements
            if each.tag == tag
            and all(value in (each.attributes.get(n) or "") for n, value in attributes.items())
        ]

    @property
    def text(self) -> str:
        return " ".join(self.all("body")[0].text.split())


def parse(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open, "elements are left open"
    return page


def shape(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.tag, tuple(each.attributes)) for each in parse(text).elements]


def with_all_text(value: Any, text: str, *, only: set[str] | None = None) -> Any:
    """Return a report in which every text, or that of some fields only, is `text`."""
    if isinstance(value, str):
        return value if isinstance(value, StrEnum) else text
    if isinstance(value, tuple):
        return tuple(with_all_text(each, text, only=only) for each in value)
    if isinstance(value, dict):
        return {key: with_all_text(each, text, only=only) for key, each in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {}
    for each in fields(value):
        inner = getattr(value, each.name)
        kept = only is not None and each.name not in only and not _holds_values(inner)
        changes[each.name] = inner if kept else with_all_text(inner, text, only=only)
    return replace(value, **changes)


def _holds_values(value: Any) -> bool:
    many = value if isinstance(value, tuple) else (value,)
    return any(is_dataclass(each) for each in many)
