"""What of each track is heard on a medium: trims, fades, gaps, joins, hidden material."""

from fractions import Fraction
from typing import Any

import pytest

from pipeline.assemble.cd import StartOffset, lay_out_cd
from pipeline.assemble.takes import Medium, has_hidden_first, takes
from pipeline.assemble.timeline import Fade, Take, lay_out
from pipeline.errors import SourceError
from pipeline.intake.decode import MixHeader
from pipeline.intake.probe import MixFacts
from pipeline.spec.model import TrackSpec

RATE = 48_000
TEN_S = 10 * RATE


def facts(n_samples: int = TEN_S, *, sound: tuple[int, int] = (0, TEN_S)) -> MixFacts:
    header: dict[str, Any] = dict.fromkeys(MixHeader.__dataclass_fields__)
    header |= {"sample_rate_hz": RATE, "n_channels": 2, "n_samples": n_samples}
    return MixFacts(
        **header,
        peaks=(0.5, 0.5),
        sound_start_samples=sound[0],
        sound_end_samples=sound[1],
        n_clipped_runs=0,
        first_clipped_sample=None,
        is_dual_mono=False,
    )


def track(name: str, **keys: object) -> TrackSpec:
    spec = TrackSpec.model_validate({"title": name.title(), "mix": f"{name}.wav", **keys})
    spec._id = name
    return spec


def only(spec: TrackSpec, found: MixFacts | None = None) -> Take:
    (take,) = takes([spec], {spec.id: found or facts()}, medium="files")
    return take


def heard(tracks: list[TrackSpec], medium: Medium) -> list[tuple[str, Fraction, bool]]:
    """Return id, gap and mark of each track on a medium."""
    found = takes(tracks, {each.id: facts() for each in tracks}, medium=medium)
    return [(each.track, each.join.gap, each.is_marked) for each in found]


def test_without_a_word_all_of_the_mix_is_used() -> None:
    take = only(track("a"))
    assert (take.start_samples, take.end_samples) == (0, TEN_S)
    assert (take.fade_in, take.fade_out) == (None, None)


def test_trim_silence_keeps_what_sounds() -> None:
    take = only(track("a", trim="silence"), facts(sound=(500, 400_000)))
    assert (take.start_samples, take.end_samples) == (500, 400_000)


@pytest.mark.parametrize(
    ("trim", "stretch"),
    [
        ({"from": "1 s"}, (RATE, TEN_S)),
        ({"to": "8 s"}, (0, 8 * RATE)),
        ({"from": "0.5 s", "to": "8 s"}, (RATE // 2, 8 * RATE)),
        ({"from": "12 samples"}, (12, TEN_S)),
    ],
)
def test_a_trim_is_a_time_of_the_mix_file(
    trim: dict[str, str], stretch: tuple[int, int]
) -> None:
    take = only(track("a", trim=trim))
    assert (take.start_samples, take.end_samples) == stretch


def test_fade_times_are_times_of_the_mix_file() -> None:
    take = only(
        track(
            "a",
            trim={"from": "1 s"},
            fade_in={"from": "2 s", "to": "3 s"},
            fade_out={"from": "7 s", "to": "9 s", "shape": "linear"},
        )
    )
    assert take.fade_in == Fade(RATE, 2 * RATE, "cosine")
    assert take.fade_out == Fade(6 * RATE, 8 * RATE, "linear")
    assert take.end_samples == 9 * RATE  # a fade-out ends the track


def test_a_fade_in_starts_where_the_track_does() -> None:
    take = only(track("a", trim={"from": "1 s"}, fade_in={"to": "1.5 s"}))
    assert take.fade_in == Fade(0, RATE // 2, "cosine")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"trim": {"from": "0:08", "to": "0:11"}}, "0:08.000 to 0:11.000, the mix is 0:10.000"),
        ({"trim": {"from": "11 s"}}, "trim and fades ask for 0:11.000"),
        (
            {"fade_out": {"from": "9 s", "to": "12 s"}},
            "a.wav: a: a fade from 0:09.000 to 0:12.000",
        ),
        (
            {"trim": {"from": "2 s"}, "fade_in": {"from": "1 s", "to": "3 s"}},
            "a fade from 0:01.000 to 0:03.000 does not lie in the part that is used",
        ),
        ({"fade_in": {"to": "9 s"}, "trim": {"to": "8 s"}}, "does not lie in the part"),
    ],
)
def test_what_lies_outside_the_mix_is_refused_in_words(
    keys: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SourceError, match=sentence.replace(".", r"\.")) as error:
        only(track("a", **keys))
    assert "a: " in error.value.message


def test_a_gap_is_the_tracks_own() -> None:
    assert heard([track("a"), track("b", gap="1.5 s")], "files")[1] == (
        "b",
        Fraction(3, 2),
        True,
    )


def test_a_crossfade_and_a_segue_have_no_gap() -> None:
    joined = track("b", crossfade_from="a", crossfade="6 s", curve="equal_gain", cut="middle")
    _, take = takes([track("a"), joined], {"a": facts(), "b": facts()}, medium="cd")
    assert (take.join.gap, take.join.crossfade) == (Fraction(0), Fraction(6))
    assert (take.join.curve, take.join.cut) == ("equal_gain", "middle")
    assert heard([track("a"), track("b", segue_from="a")], "cd")[1][1] == 0


# Hidden material


def after(name: str = "ghost", **keys: object) -> TrackSpec:
    return track(name, hidden={"after": "b", "silence": "120 s", **keys})


def before(name: str = "ghost", **keys: object) -> TrackSpec:
    return track(name, hidden={"before": "a", "silence": "30 s", **keys})


def test_a_song_hidden_after_the_last_is_inside_it_on_cd() -> None:
    tracks = [track("a"), track("b"), after()]
    assert heard(tracks, "cd")[2] == ("ghost", Fraction(120), False)
    assert not has_hidden_first(tracks)


def test_among_files_it_is_a_file_of_its_own_with_a_plain_gap() -> None:
    assert heard([track("a"), track("b"), after()], "files")[2] == ("ghost", Fraction(2), True)


def test_among_files_it_may_be_inside_too() -> None:
    tracks = [track("a"), track("b"), after(files="inside")]
    assert heard(tracks, "files")[2] == ("ghost", Fraction(120), False)


@pytest.mark.parametrize(("key", "medium"), [("cd", "cd"), ("files", "files")])
def test_it_may_be_left_out(key: str, medium: Medium) -> None:
    tracks = [track("a"), track("b"), after(**{key: "omit"}), track("c")]
    assert [name for name, _, _ in heard(tracks, medium)] == ["a", "b", "c"]


def test_two_hidden_songs_keep_their_order() -> None:
    tracks = [track("a"), track("b"), after("first"), after("second")]
    assert [name for name, _, _ in heard(tracks, "cd")] == ["a", "b", "first", "second"]


def test_a_song_hidden_before_the_first_is_in_its_pre_gap() -> None:
    tracks = [before(), track("a"), track("b")]
    assert has_hidden_first(tracks)
    assert heard(tracks, "cd") == [
        ("ghost", Fraction(2), False),
        ("a", Fraction(30), True),
        ("b", Fraction(2), True),
    ]


def test_among_files_the_silence_of_a_pre_gap_is_no_part_of_the_album() -> None:
    assert heard([before(), track("a")], "files")[1] == ("a", Fraction(2), True)


def test_a_song_hidden_before_the_first_and_left_out_of_the_cd_is_not_there() -> None:
    tracks = [before(cd="omit"), track("a")]
    assert not has_hidden_first(tracks)
    assert heard(tracks, "cd")[0][0] == "a"


def test_a_pre_gap_in_the_middle_leaves_the_first_track_on_the_disc() -> None:
    tracks = [track("z"), before(), track("a")]
    assert not has_hidden_first(tracks)
    layout = lay_out_cd(
        lay_out(takes(tracks, {each.id: facts() for each in tracks}, medium="cd")),
        offset=StartOffset(),
        end_silence_sectors=150,
        is_hidden_first=has_hidden_first(tracks),
    )
    assert [each.track for each in layout.tracks] == ["z", "a"]
