from __future__ import annotations

import binascii
import hashlib
import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.cdtext import (
    PACK_BYTES,
    Pack,
    PackKind,
    character_plan,
    decode_cdtext,
    decode_packs,
    encode_cdtext,
    losses,
    size_record,
)
from formats.cdtext_codes import GENRES, LANGUAGES, genre_of, is_disputed
from formats.charsets import Swap, spell
from formats.disc import Charset, Genre, RawPack, TextBlock, Texts
from formats.errors import DecodeError, EncodeError, FormatError, UnsupportedError


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def packs_of(text: str) -> bytes:
    return bytes.fromhex("".join(line.split("|")[0] for line in text.splitlines()))


def payloads(data: bytes) -> bytes:
    """Return the texts of all packs, without the size records, which may hold any number."""
    packs = decode_packs(data)
    return b"".join(pack.payload for pack in packs if pack.kind != PackKind.SIZE)


# What cue2ddp wrote for the same texts (a published study of it, experiment 011).
WORKED = TextBlock(
    Texts("Disc Title", "Disc Performer", "Disc Writer"),
    (Texts("Track One", "Perf One", "Writer One"), Texts("Track Two", "Perf Two")),
)
WORKED_PACKS = packs_of("""\
80 00 00 00 44 69 73 63 20 54 69 74 6c 65 00 54 a7 14 | "Disc Title" NUL "T"
80 01 01 01 72 61 63 6b 20 4f 6e 65 00 54 72 61 8c 65 | of track 1, one character was sent
80 02 02 03 63 6b 20 54 77 6f 00 00 00 00 00 00 e6 b6
81 00 03 00 44 69 73 63 20 50 65 72 66 6f 72 6d e3 18
81 00 04 0c 65 72 00 50 65 72 66 20 4f 6e 65 00 33 b1 | 12 characters were sent
81 02 05 00 50 65 72 66 20 54 77 6f 00 00 00 00 1b 61
82 00 06 00 44 69 73 63 20 57 72 69 74 65 72 00 22 b0
82 01 07 00 57 72 69 74 65 72 20 4f 6e 65 00 00 22 44 | the last NUL is track 2's
8f 00 08 00 00 01 02 00 03 03 02 00 00 00 00 00 f8 8b
8f 01 09 00 00 00 00 00 00 00 00 03 0a 00 00 00 36 1b
8f 02 0a 00 00 00 00 00 09 00 00 00 00 00 00 00 87 ed
""")
JAPANESE = TextBlock(
    Texts("日本語", "歌手"),
    (Texts("最初の歌", "歌手"), Texts("次の歌", "歌手")),
    language=0x69,
    charset=Charset.MS_JIS,
)
JAPANESE_PACKS = packs_of("""\
80 00 00 90 93 fa 96 7b 8c ea 00 00 8d c5 8f 89 75 a9
80 01 01 92 82 cc 89 cc 00 00 8e 9f 82 cc 89 cc c0 8b | two characters, not bytes, were sent
80 02 02 93 00 00 00 00 00 00 00 00 00 00 00 00 20 24
81 00 03 90 89 cc 8e e8 00 00 89 cc 8e e8 00 00 1c dc
81 02 04 90 09 09 00 00 00 00 00 00 00 00 00 00 2e d8 | as the track before
8f 00 05 10 80 01 02 00 03 02 00 00 00 00 00 00 1a 10
8f 01 06 10 00 00 00 00 00 00 00 03 06 07 00 00 71 60
8f 02 07 10 00 00 00 00 09 69 00 00 00 00 00 00 64 20
""")
# Seven packs, as the block before the Japanese one has.
ENGLISH = TextBlock(Texts("Nihongo", "Singer"), (Texts("First Song"), Texts("Next Song")))
CODED = TextBlock(
    Texts("Test Album", "The Testers", code="5012345678900"),
    (
        Texts("First Song", "The Testers", code="GBAAA2400001"),
        Texts("Second Song", "Guest", code="GBAAA2400002"),
        Texts("Third Song", "The Testers", code="GBAAA2400003"),
    ),
)
FULL = TextBlock(
    Texts("Título", "A", "B", "C", "D", "E", "5012345678900"),
    (Texts("Uno", "a", "b", "c", "d", "e", "GBAAA2400001"), Texts()),
    language=0x0A,
    is_copyrighted=True,
    disc_id="CAT-000000001",
    genre=Genre(11, "Folk Rock"),
    closed="por dentro",
    raw=(RawPack(0x88, 0, bytes(range(12))), RawPack(0x8C, 2, b"reserved for", 3)),
)


def test_the_worked_example_byte_by_byte() -> None:
    assert encode_cdtext([WORKED]) == WORKED_PACKS
    assert md5(WORKED_PACKS) == "6446664ada333c1e8ffca967c4ceed42"
    assert decode_cdtext(WORKED_PACKS) == (WORKED,)


def test_double_byte_and_a_second_language_byte_by_byte() -> None:
    written = encode_cdtext([ENGLISH, JAPANESE], always_mark_repeats=True)
    assert written[7 * PACK_BYTES :] == JAPANESE_PACKS
    assert decode_cdtext(written) == (ENGLISH, JAPANESE)
    # Without the marker the performer of track 2 is written out, and reads the same.
    in_full = encode_cdtext([ENGLISH, JAPANESE])
    assert b"\t" not in payloads(in_full)
    assert decode_cdtext(in_full) == (ENGLISH, JAPANESE)


@pytest.mark.parametrize(
    ("block", "digest"),
    [
        (CODED, "53ff7e2e6756fbbd6b1b98e5795f9292"),
        (
            TextBlock(Texts("Disc"), (Texts("One"), Texts("Two"))),
            "665cfffec87796d5236091b226f63deb",  # cue2ddp, experiment 025
        ),
    ],
)
def test_known_files(block: TextBlock, digest: str) -> None:
    written = encode_cdtext([block])
    assert md5(written) == digest
    assert decode_cdtext(written) == (block,)


def test_every_type_of_pack_survives() -> None:
    written = encode_cdtext([FULL, JAPANESE])
    assert decode_cdtext(written) == (FULL, JAPANESE)
    kinds = {pack.kind for pack in decode_packs(written)}
    assert kinds == set(PackKind) - {0x89, 0x8A, 0x8B}
    order = [pack.kind for pack in decode_packs(written) if pack.block == 0]
    assert order == sorted(order)


def test_codes_and_genre_stay_single_byte_in_a_double_byte_block() -> None:
    block = replace(
        JAPANESE, genre=Genre(20, "J-Pop"), disc=replace(JAPANESE.disc, code="1" * 13)
    )
    packs = decode_packs(encode_cdtext([block]))
    doubled = {pack.kind for pack in packs if pack.is_double_byte}
    assert doubled == {PackKind.TITLE, PackKind.PERFORMER}
    assert decode_cdtext(encode_cdtext([block])) == (block,)


def test_the_two_bytes_of_a_genre_are_no_characters() -> None:
    block = TextBlock(Texts("x"), (Texts(),), genre=Genre(11, "Progressive Folk"))
    packs = [
        each for each in decode_packs(encode_cdtext([block])) if each.kind == PackKind.GENRE
    ]
    assert [(each.position, each.payload) for each in packs] == [
        (0, b"\x00\x0bProgressiv"),
        (10, b"e Folk\0\0\0\0\0\0"),
    ]


def test_the_size_record_counts_every_block() -> None:
    packs = decode_packs(encode_cdtext([FULL, JAPANESE, WORKED]))
    for number, block in enumerate((FULL, JAPANESE, WORKED)):
        own = [pack for pack in packs if pack.block == number]
        size = size_record(own)
        assert size is not None
        assert (size.charset, size.first_track, size.last_track) == (block.charset, 1, 2)
        assert size.copyright == (3 if block.is_copyrighted else 0)
        assert sum(size.n_packs) == len(own) == own[-1].sequence + 1
        assert size.last_sequences[number] == own[-1].sequence
        assert size.languages == (0x0A, 0x69, 0x09, 0, 0, 0, 0, 0)


def many(title: str, n_tracks: int = 99) -> TextBlock:
    return TextBlock(Texts("Album"), (Texts(title),) * n_tracks)


def test_repeats_are_marked_only_where_a_block_would_overflow() -> None:
    fits, overflows = many("x" * 29), many("x" * 30)
    assert b"\t" not in payloads(encode_cdtext([fits]))
    written = encode_cdtext([overflows])
    assert payloads(written).count(b"\t") == 98
    assert len(written) < 40 * PACK_BYTES
    assert decode_cdtext(written) == (overflows,)
    # The first track is never marked, even where it is called as the disc is.
    same = replace(overflows, disc=Texts("x" * 30))
    assert payloads(encode_cdtext([same])).count(b"x") == 60
    assert decode_cdtext(encode_cdtext([same])) == (same,)


def test_a_block_is_never_longer_than_256_packs() -> None:
    def titled(n_characters: int) -> TextBlock:
        # 99 titles that all differ, and one of the disc to fill up: no repeat to be marked.
        tracks = [Texts(f"{number:02d}" + "x" * 27) for number in range(1, 100)]
        return TextBlock(Texts("x" * n_characters), tuple(tracks))

    most = 253 * 12 - 99 * 30 - 1
    packs = decode_packs(encode_cdtext([titled(most)]))
    assert (len(packs), packs[-1].sequence) == (256, 255)
    assert decode_cdtext(encode_cdtext([titled(most)])) == (titled(most),)
    with pytest.raises(EncodeError, match="CD-Text, language 2: 257 packs must be at most 256"):
        encode_cdtext([WORKED, titled(most + 1)])


def test_a_disc_may_begin_with_any_track() -> None:
    written = encode_cdtext([WORKED], first_track=12)
    assert [pack.track for pack in decode_packs(written)[:3]] == [0, 12, 13]
    assert decode_cdtext(written) == (WORKED,)


# --- What others write ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        WORKED_PACKS + b"\0",
        b"\x00\xc8\x00\x00" + WORKED_PACKS,
        b"\x00\xc8\x00\x00" + WORKED_PACKS + b"\0",
        WORKED_PACKS + bytes(3 * PACK_BYTES),
    ],
)
def test_what_surrounds_the_packs_is_passed_over(changed: bytes) -> None:
    assert decode_cdtext(changed) == (WORKED,)


def test_a_block_without_a_size_record_is_read_as_latin_1() -> None:
    assert size_record(decode_packs(WORKED_PACKS[: -2 * PACK_BYTES])) is None
    assert decode_cdtext(WORKED_PACKS[: -3 * PACK_BYTES]) == (replace(WORKED, language=0),)


def test_strings_that_are_missing_at_the_end_are_empty() -> None:
    kept = [0, 1, *range(3, 11)]  # the pack of track 2's title is gone
    data = b"".join(WORKED_PACKS[at * PACK_BYTES : (at + 1) * PACK_BYTES] for at in kept)
    (block,) = decode_cdtext(data)
    assert [each.title for each in block.tracks] == ["Track One", "Tra"]


def test_single_byte_ms_jis_is_read_too() -> None:
    packs = decode_packs(encode_cdtext([TextBlock(Texts("aa"), (Texts("bb"),))]))
    title = replace(packs[0], payload="日a\0歌\0".encode("cp932").ljust(12, b"\0"))
    size = replace(packs[1], payload=b"\x80" + packs[1].payload[1:])
    data = b"".join(pack.encode() for pack in (title, size, *packs[2:]))
    (block,) = decode_cdtext(data)
    assert (block.disc.title, block.tracks[0].title) == ("日a", "歌")


@pytest.mark.parametrize("charset", [0x81, 0x82, 0x7F])
def test_character_sets_that_nobody_has_defined_are_not_guessed(charset: int) -> None:
    packs = decode_packs(WORKED_PACKS)
    size = replace(packs[8], payload=bytes([charset]) + packs[8].payload[1:])
    data = b"".join(pack.encode() for pack in (*packs[:8], size, *packs[9:]))
    with pytest.raises(UnsupportedError, match=f"{charset:#04x}"):
        decode_cdtext(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-1], "at byte 180: expected a pack of 18 bytes, found 17"),
        (lambda data: data[:3] + b"\x01" + data[4:], "at byte 16: expected CRC"),
    ],
)
def test_damage_is_named_with_its_place(change: Any, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        decode_cdtext(change(WORKED_PACKS))


def test_a_wrong_type_track_or_text_is_named_although_its_sum_is_right() -> None:
    pack = decode_packs(JAPANESE_PACKS)[0]
    for place, value, said in ((0, 0x7F, "a pack type"), (1, 100, "a track, 0 to 99")):
        body = bytearray(pack.encode()[:16])
        body[place] = value
        with pytest.raises(DecodeError, match=said):
            decode_packs(bytes(body) + crc(bytes(body)))
    broken = replace(pack, payload=b"\x93\x00\x01" * 4).encode()
    with pytest.raises(DecodeError, match="MS-JIS in TITLE of track 0"):
        decode_cdtext(broken + JAPANESE_PACKS[PACK_BYTES:])


def crc(body: bytes) -> bytes:
    """Return the sum of a pack, bit by bit as the standard describes it."""
    register = 0
    for byte in body:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ 0x1021 if register & 0x8000 else register << 1
            register &= 0xFFFF
    return (register ^ 0xFFFF).to_bytes(2, "big")


def test_sums_are_those_of_the_standard() -> None:
    for pack in decode_packs(WORKED_PACKS + JAPANESE_PACKS):
        data = pack.encode()
        assert data[16:] == crc(data[:16])


# --- What cannot be written -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (replace(FULL, language=0x80), "language: 128 must be 0 to 127"),
        (replace(FULL, genre=Genre(1 << 16)), "genre: 65536"),
        (replace(FULL, raw=(RawPack(0x8D, 0, bytes(12)),)), "raw pack: '8d' must be"),
        (replace(FULL, raw=(RawPack(0x88, 100, bytes(12)),)), "ID2 (track): 100"),
        (replace(FULL, raw=(RawPack(0x88, 0, bytes(12), 16),)), "ID4"),
        (replace(FULL, raw=(RawPack(0x88, 0, bytes(11)),)), "must be 12 bytes"),
    ],
)
def test_values_that_do_not_fit_are_refused(block: TextBlock, said: str) -> None:
    with pytest.raises(EncodeError, match=re.escape(said)):
        encode_cdtext([block])


def test_more_than_eight_languages_and_256_packs_are_refused() -> None:
    assert len(decode_cdtext(encode_cdtext([WORKED] * 8))) == 8
    with pytest.raises(EncodeError, match="9 languages"):
        encode_cdtext([WORKED] * 9)
    with pytest.raises(EncodeError, match="ID3"):
        Pack(PackKind.TITLE, 0, 256, 0, 0, False, bytes(12)).encode()


# --- What will be shown -----------------------------------------------------------------------


def test_every_loss_is_listed_with_what_stands_for_it() -> None:
    block = TextBlock(
        Texts("Don’t", "Björk"),
        (Texts("日本語"), Texts("Plain", message="a\nb")),
        disc_id="KÄT",
        genre=genre_of("Chanson française"),
    )
    assert [(each.field, each.text, each.written) for each in losses(block)] == [
        ("disc id", "KÄT", "KAT"),
        ("genre", "Chanson française", "Chanson francaise"),
        ("title", "Don’t", "Don't"),
        ("track 01 title", "日本語", "???"),
        ("track 02 message", "a\nb", "a b"),
    ]
    assert losses(block)[2].swaps == (Swap("’", "'"),)
    (read,) = decode_cdtext(encode_cdtext([block]))
    shown = {each.field: each.written for each in character_plan(block)}
    assert shown["performer"] == read.disc.performer == "Björk"
    assert shown["title"] == read.disc.title
    assert shown["track 01 title"] == read.tracks[0].title
    assert losses(read) == ()


def test_the_plan_numbers_tracks_as_the_disc_does() -> None:
    assert character_plan(WORKED, first_track=7)[-2].field == "track 08 title"


# --- Codes ------------------------------------------------------------------------------------


def test_languages_and_genres_have_their_numbers() -> None:
    some = {0x08: "German", 0x0F: "French", 0x15: "Italian", 0x1D: "Dutch", 0x29: "Turkish"}
    some |= {0x56: "Russian", 0x65: "Korean", 0x69: "Japanese", 0x75: "Chinese"}
    assert {code: LANGUAGES[code] for code in some} == some
    assert (LANGUAGES[0x2B], LANGUAGES[0x7F], len(LANGUAGES)) == ("Walloon", "Amharic", 103)
    assert (GENRES[11], GENRES[20], GENRES[25], len(GENRES)) == (
        "Folk", "Pop", "Sound Effects", 29,
    )  # fmt: skip


def test_a_genre_always_has_its_name_beside_its_code() -> None:
    assert genre_of("folk") == Genre(11, "folk")
    assert genre_of("Folk Rock") == Genre(1, "Folk Rock")
    assert [is_disputed(genre_of(name)) for name in ("Rock", "Soundtrack", "World Music")] == [
        False, True, True,
    ]  # fmt: skip


# --- Anything ---------------------------------------------------------------------------------

LATIN_1 = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]), max_size=30)
KANJI = st.text(st.sampled_from("日本語最初の歌手次ァアヴー　。「」Ａｚ９＋"), max_size=20)
CODES = st.text(st.sampled_from("ABCXYZ0123456789-"), max_size=13)


@st.composite
def blocks(draw: st.DrawFn, n_tracks: int) -> TextBlock:
    charset = draw(st.sampled_from(Charset))
    words = KANJI if charset is Charset.MS_JIS else LATIN_1
    fits = words.map(lambda text: spell(text, charset).written)
    names = ("title", "performer", "songwriter", "composer", "arranger", "message")
    of = st.builds(Texts, code=CODES, **dict.fromkeys(names, st.one_of(st.just(""), fits)))
    payload = st.binary(min_size=12, max_size=12)
    raw = st.builds(
        RawPack, st.integers(0x88, 0x8C), st.integers(0, 99), payload, st.integers(0, 15)
    )
    found = draw(st.lists(raw, max_size=3))
    return TextBlock(
        draw(of),
        tuple(draw(of) for _ in range(n_tracks)),
        language=draw(st.integers(0, 127)),
        charset=charset,
        is_copyrighted=draw(st.booleans()),
        disc_id=draw(CODES),
        genre=draw(st.none() | st.builds(Genre, st.integers(0, 0xFFFF), CODES)),
        closed=draw(LATIN_1),
        raw=tuple(sorted(found, key=lambda each: each.kind)),
    )


@st.composite
def sets_of_blocks(draw: st.DrawFn) -> list[TextBlock]:
    n_tracks = draw(st.integers(1, 5))
    return draw(st.lists(blocks(n_tracks), min_size=1, max_size=8))


@given(sets_of_blocks(), st.integers(1, 95), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_texts_survive(texts: list[TextBlock], first: int, always_mark: bool) -> None:
    written = encode_cdtext(texts, first_track=first, always_mark_repeats=always_mark)
    assert decode_cdtext(written) == tuple(texts)
    assert all(losses(block) == () for block in texts)


def damaged(rng: random.Random, data: bytes, *, mend: bool) -> bytes:
    """Return data with a few bytes changed, lost or added; `mend` makes its sums right."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(changed))
        match rng.randrange(8):
            case 0:
                del changed[place : place + rng.choice((1, PACK_BYTES))]
            case 1:
                changed[place:place] = rng.randbytes(rng.choice((1, PACK_BYTES)))
            case _:
                changed[place] = rng.randrange(256)
    if mend:
        for start in range(0, len(changed) - PACK_BYTES + 1, PACK_BYTES):
            sum_of = binascii.crc_hqx(bytes(changed[start : start + 16]), 0) ^ 0xFFFF
            changed[start + 16 : start + 18] = sum_of.to_bytes(2, "big")
    return bytes(changed)


@pytest.mark.slow
def test_20_000_damaged_files_raise_nothing_but_format_errors() -> None:
    rng = random.Random(2)
    good = [encode_cdtext(each) for each in ([WORKED], [FULL, JAPANESE], [ENGLISH, CODED])]
    n_read = 0
    for _ in range(20_000):
        try:
            decode_cdtext(damaged(rng, rng.choice(good), mend=rng.random() < 0.9))
        except FormatError:
            continue
        n_read += 1
    assert 2_000 < n_read < 20_000


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_raise_nothing_but_format_errors(data: bytes) -> None:
    try:
        decode_cdtext(data)
    except FormatError:
        return
