from __future__ import annotations

from typing import Any

import pytest

from formats.errors import EncodeError
from formats.tags.model import Tags, check_writable, texts


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title": "a\nb"}, r"title: 'a\\nb' must be one line of text"),
        ({"artist": "a\0b"}, r"artist: 'a\\x00b' must be one line of text"),
        ({"label": "\ud800"}, "label: .* must be one line of text"),
        ({"track": 0}, "track: 0 must be 1 to 999"),
        ({"track": 1000}, "track: 1000 must be 1 to 999"),
        ({"disc": 3, "disc_total": 2}, "disc: 3 must be 1 to 2, its total"),
        ({"track_total": 2}, "track: None must be 1 to 2, its total"),
        ({"genre": "17"}, "genre: '17' must be a name, not a number of ID3's list"),
        ({"genre": "(17)Rock"}, r"genre: '\(17\)Rock' must be a name"),
        ({"date": "spring"}, "date: 'spring' must be a year, year-month or year-month-day"),
        ({"date": "2026-02-30"}, "date: '2026-02-30' must be a year"),
        ({"date": "٢٠٢٦"}, "must be a year"),
    ],
)
def test_what_tags_cannot_hold_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(EncodeError, match=message):
        check_writable(Tags(**wrong))


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"title": "日本語 👩‍👩‍👧 “quoted” \u00a0"},
        {"track": 999, "track_total": 999, "disc": 1},
        {"date": "2024-02-29"},
        {"date": "2026-03"},
        {"date": "1999"},
        {"genre": "2-Step (UK)"},
    ],
)
def test_what_tags_can_hold_is_allowed(right: dict[str, Any]) -> None:
    check_writable(Tags(**right))


def test_the_texts_are_those_that_are_there() -> None:
    assert texts(Tags(title="Slipway", label="", track=3)) == {"title": "Slipway"}
