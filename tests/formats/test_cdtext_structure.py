from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from formats.cdtext import Pack, PackKind, decode_packs, encode_cdtext
from formats.cdtext_structure import contradictions
from formats.disc import Charset, Genre, TextBlock, Texts

ENGLISH = TextBlock(
    Texts("A long title of the album", "Us", code="5012345678900"),
    (Texts("One", "Us", code="GBAAA2400001"), Texts("Two and a half songs", "Them")),
    genre=Genre(11, "Folk"),
    disc_id="CAT-1",
)
JAPANESE = TextBlock(
    Texts("日本語日本語日本語"), (Texts("最初の歌"), Texts("次の歌")), 0x69, Charset.MS_JIS
)
PACKS = decode_packs(encode_cdtext([ENGLISH, JAPANESE]))

Change = Callable[[list[Pack]], object]


def changed(at: int, **what: object) -> Change:
    def change(packs: list[Pack]) -> None:
        packs[at] = replace(packs[at], **what)  # type: ignore[arg-type]

    return change


def payload(kind: PackKind, part: int, at: int, value: int) -> Change:
    def change(packs: list[Pack]) -> None:
        place = next(
            place for place, each in enumerate(packs) if (each.kind, each.track) == (kind, part)
        )
        data = bytearray(packs[place].payload)
        data[at] = value
        packs[place] = replace(packs[place], payload=bytes(data))

    return change


def test_what_is_written_is_sound() -> None:
    assert contradictions(PACKS) == ()
    assert contradictions(()) == ()
    for first in (1, 12):
        marked = encode_cdtext([ENGLISH] * 8, first_track=first, always_mark_repeats=True)
        assert contradictions(decode_packs(marked)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed(1, sequence=5), "block 0: its packs are not numbered from 0"),
        (changed(1, position=3), "pack 1 (TITLE) has track 0, position 3, its strings track 0"),
        (changed(1, track=2), "pack 1 (TITLE) has track 2"),
        (changed(1, is_double_byte=True), "some packs of TITLE are double-byte"),
        (changed(4, payload=b"gs\0xxxxxxxx\0"), "TITLE has a text behind that of track 2"),
        (lambda packs: packs.pop(0), "its packs are not numbered from 0"),
        (lambda packs: [packs.pop(3), packs.pop(3)], "block 0: TITLE ends before track 2"),
        (lambda packs: packs.insert(0, packs.pop(5)), "not in the order of their types"),
        (lambda packs: packs.append(packs[0]), "or not in one piece"),
        (lambda packs: packs.pop(), "block 1: it has no size record"),
        (changed(0, block=1), "blocks come as [1, 0]"),
        (payload(PackKind.SIZE, 0, 3, 1), "has 1 for copyright"),
        (payload(PackKind.SIZE, 0, 4, 9), "packs of the types"),
        (payload(PackKind.SIZE, 0, 2, 1), "TITLE has a text behind that of track 1"),
        (payload(PackKind.SIZE, 1, 8, 99), "last packs are"),
        (payload(PackKind.SIZE, 2, 9, 9), "languages"),
    ],
)  # fmt: skip
def test_every_contradiction_is_said(change: Change, said: str) -> None:
    packs = list(PACKS)
    change(packs)
    assert any(said in each for each in contradictions(packs)), contradictions(packs)
