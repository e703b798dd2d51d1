import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.intake.titles import NamedSong, clean, natural_key, read_names


def titles(*stems: str) -> list[tuple[tuple[int, ...], str]]:
    return [(song.order, song.title) for song in read_names(stems)]


@pytest.mark.parametrize(
    ("stem", "order", "title"),
    [
        ("01 - Slipway (final mix 3)", (1,), "Slipway"),
        ("02 Tide_v2", (2,), "Tide"),
        ("3. Undertow [MASTER] 120bpm", (3,), "Undertow"),
        ("04-Lamplight 2026-01-15", (4,), "Lamplight"),
        ("05_dry_dock_FINAL_final", (5,), "dry dock"),
        ("Track 06 - Ghost Ship 24bit 48k", (6,), "Ghost Ship"),
        ("1-07 Björk 日本語", (1, 7), "Björk 日本語"),
        ("08 – En Dash (24-96)", (8,), "En Dash"),
        ("09 1999", (9,), "1999"),
        ("Slipway (1)", (), "Slipway"),
    ],
)
def test_number_and_traces_of_mixing_are_told_from_the_title(
    stem: str, order: tuple[int, ...], title: str
) -> None:
    assert titles(stem) == [(order, title)]


@pytest.mark.parametrize(
    "stem",
    [
        "1999",
        "99 Problems",
        "24-7",
        "3.14 Pi",
        "Song 2",
        "Final",
        "The Master",
        "Master of Puppets",
        "Tide (Part 2)",
        "Slipway (instrumental)",
        "Slipway (Club Mix)",
        "Blue Print",
        "Remix",
        "Track 01",
        "(mix 3)",
    ],
)
def test_what_may_be_a_title_is_left_alone(stem: str) -> None:
    assert titles(stem) == [((), stem)]


def test_plain_numbers_are_an_order_when_most_names_have_one() -> None:
    assert titles("1 One", "2 Two", "Three") == [((1,), "One"), ((2,), "Two"), ((), "Three")]
    assert titles("99 Problems", "Slipway") == [((), "99 Problems"), ((), "Slipway")]


def test_sides_of_a_record_are_an_order() -> None:
    assert titles("A1 One", "A2 Two", "B1 Three") == [
        ((1, 1), "One"),
        ((1, 2), "Two"),
        ((2, 1), "Three"),
    ]


@pytest.mark.parametrize(
    "form", ["The Ferrymen - 0{} - {}", "0{} - The Ferrymen - {}", "0{} The Ferrymen - {}"]
)
def test_an_artist_that_all_names_share_is_no_part_of_the_titles(form: str) -> None:
    songs = read_names([form.format(1, "Slipway"), form.format(2, "Tide")])
    assert songs == (
        NamedSong((1,), "Slipway", "The Ferrymen"),
        NamedSong((2,), "Tide", "The Ferrymen"),
    )


def test_movements_keep_the_name_of_their_work() -> None:
    assert titles("Symphony - I", "Symphony - II") == [
        ((), "Symphony - I"),
        ((), "Symphony - II"),
    ]


def test_artist_and_album_that_are_known_are_left_out() -> None:
    (song,) = read_names(
        ["the ferrymen - Low Water - 03 - Tide"], known=("The Ferrymen", "Low Water")
    )
    assert (song.order, song.title) == ((3,), "Tide")


def test_numbers_sort_by_value() -> None:
    assert sorted(["mix 10", "Mix 2", "mix 1"], key=natural_key) == ["mix 1", "Mix 2", "mix 10"]


@example(["0([})"])
@example(["_"])
@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=5))
def test_every_name_gives_a_title_and_cleaning_twice_is_cleaning_once(stems: list[str]) -> None:
    for song in read_names(stems):
        assert song.title
        assert clean(song.title) == song.title
