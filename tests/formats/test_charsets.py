from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.charsets import Spelling, Swap, decode_text, encode_text, spell
from formats.disc import Charset


@pytest.mark.parametrize(
    ("text", "charset", "written", "swaps"),
    [
        ("Björk", Charset.LATIN_1, "Björk", ()),
        ("Bjo\u0308rk", Charset.LATIN_1, "Björk", ()),
        ("Björk", Charset.ASCII, "Bjork", (("ö", "o"),)),
        ("Don’t", Charset.LATIN_1, "Don't", (("’", "'"),)),
        ("“A” …", Charset.ASCII, '"A" ...', (("“", '"'), ("”", '"'), ("…", "..."))),
        ("Łódź", Charset.LATIN_1, "Lódz", (("Ł", "L"), ("ź", "z"))),
        ("Æther ½", Charset.ASCII, "AEther 1/2", (("Æ", "AE"), ("½", "1/2"))),
        ("日本語", Charset.LATIN_1, "???", (("日", "?"), ("本", "?"), ("語", "?"))),
        ("a\tb\x00", Charset.LATIN_1, "a b ", (("\t", " "), ("\x00", " "))),
        ("nai\u00adve", Charset.LATIN_1, "naive", (("\u00ad", ""),)),
        ("♥ ♥", Charset.LATIN_1, "? ?", (("♥", "?"),)),
        ("日本語", Charset.MS_JIS, "日本語", ()),
        ("A 1", Charset.MS_JIS, "Ａ　１", (("A", "Ａ"), (" ", "　"), ("1", "１"))),
        ("I'm", Charset.MS_JIS, "Ｉ’ｍ", (("I", "Ｉ"), ("'", "’"), ("m", "ｍ"))),
        ("ｶﾞﾙ", Charset.MS_JIS, "ガル", (("ｶﾞﾙ", "ガル"),)),
        ("é〜", Charset.MS_JIS, "ｅ～", (("é", "ｅ"), ("〜", "～"))),
    ],
)  # fmt: skip
def test_what_is_written_and_what_was_replaced(
    text: str, charset: Charset, written: str, swaps: tuple[tuple[str, str], ...]
) -> None:
    expected = tuple(Swap(character, instead) for character, instead in swaps)
    assert spell(text, charset) == Spelling(text, written, expected)


def test_only_what_nothing_stands_for_is_unreadable() -> None:
    swaps = {swap.character: swap.is_unreadable for swap in spell("¿’語", Charset.ASCII).swaps}
    assert swaps == {"¿": False, "’": False, "語": True}
    assert [swap.is_unreadable for swap in spell("♥", Charset.MS_JIS).swaps] == [True]


@given(st.text(max_size=20), st.sampled_from(Charset))
@settings(max_examples=300, deadline=None)
def test_any_text_is_spelled_so_that_it_comes_back(text: str, charset: Charset) -> None:
    spelled = spell(text, charset)
    data = encode_text(text, charset)
    assert decode_text(data, charset) == spelled.written
    assert spell(spelled.written, charset) == Spelling(spelled.written, spelled.written)
    assert bool(spelled.swaps) == (spelled.written != unicodedata.normalize("NFC", text))
    assert b"\x00" not in data[:: 2 if charset is Charset.MS_JIS else 1]
    if charset is Charset.MS_JIS:
        assert len(data) == 2 * len(spelled.written)


@given(st.characters())
@settings(max_examples=300, deadline=None)
def test_any_character_can_be_spelled(character: str) -> None:
    for charset in Charset:
        spell(character, charset)


def test_a_syllable_that_comes_apart_into_nothing_readable_is_one_sign() -> None:
    assert spell("한국", Charset.LATIN_1).written == "??"
    assert spell("한국", Charset.MS_JIS).written == "？？"
    assert all(each.is_unreadable for each in spell("한국", Charset.MS_JIS).swaps)
