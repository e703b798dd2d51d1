"""Joins, hidden tracks and editions: the design's *Semantics that must not be guessed*."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.errors import SpecError
from pipeline.spec.editions import resolve
from pipeline.spec.loader import LoadedSpec

Read = Callable[[str], LoadedSpec]
Problems = Callable[[str], list[str]]

HEAD = "tracks:\n  slipway: {title: S, mix: 1.wav}\n  tide: {title: T, mix: 2.wav}\n"
SEGUE = HEAD + "  undertow: {title: U, mix: 3.wav, segue_from: tide}\n"
FADE = HEAD + "  undertow: {title: U, mix: 3.wav, crossfade_from: tide, crossfade: 6 s}\n"


def last(keys: str) -> str:
    return HEAD + f"  undertow: {{title: U, mix: 3.wav, {keys}}}\n"


@pytest.mark.parametrize(("songs", "key"), [(SEGUE, "segue_from"), (FADE, "crossfade_from")])
def test_joins_name_their_partner(
    spec_of: Read, problems_of: Problems, songs: str, key: str
) -> None:
    """Joins name their partner: an edition that parts the two must say what happens instead."""
    assert resolve(spec_of(songs).spec).tracks[2].joined_from == "tide"
    (problem,) = problems_of(songs + "editions: {single: {drop: [tide]}}\n")
    assert problem == (
        f"editions.single: undertow.{key}: 'tide' does not come right before 'undertow'; "
        "'slipway' does | say what happens here: "
        f"tracks: {{undertow: {{{key}: null, gap: 2 s}}}}"
    )
    instead = f"editions: {{single: {{drop: [tide], tracks: {{undertow: {{{key}: null}}}}}}}}\n"
    assert problems_of(songs + instead) == []


def test_or_it_is_an_error_with_the_place(spec_of: Read) -> None:
    """... or it is an error with the place."""
    with pytest.raises(SpecError) as caught:
        spec_of(SEGUE + "editions:\n  lp: {order: [tide, slipway, undertow]}\n")
    (problem,) = caught.value.problems
    assert (problem.mark.line, problem.mark.column) == (7, 15)
    assert problem.path == "editions.lp.order"


def test_an_edition_may_part_what_it_does_not_hold(problems_of: Problems) -> None:
    assert problems_of(SEGUE + "editions: {single: {drop: [undertow]}}\n") == []


def test_an_edition_may_join_what_it_brings_together(problems_of: Problems) -> None:
    joined = "{order: [tide, slipway, undertow], tracks: {undertow: {segue_from: slipway}}}"
    assert problems_of(SEGUE + f"editions: {{x: {joined}}}\n") == []


def test_a_fault_of_the_album_is_not_told_again_for_each_edition(problems_of: Problems) -> None:
    (problem,) = problems_of(last("segue_from: slipway") + "editions: {x: {}, y: {}}\n")
    assert problem.startswith(
        "tracks.undertow.segue_from: 'slipway' does not come right before"
    )


def test_crossfade_from_with_crossfade_and_a_curve(spec_of: Read) -> None:
    """`crossfade_from: ID` with `crossfade: 6 s` and a curve."""
    track = spec_of(FADE).spec.tracks["undertow"]
    assert (str(track.crossfade), track.curve, track.joined_from) == ("6 s", "auto", "tide")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("segue_from: tied", "undertow.segue_from: there is no track 'tied' | tide?"),
        ("segue_from: undertow", "'undertow' does not come right before 'undertow'"),
        ("crossfade_from: tide", "tracks.undertow.crossfade: is missing; how long"),
        ("crossfade_from: tide, crossfade: 0 s", "crossfade: has no length"),
        ("crossfade: 6 s", "tracks.undertow.crossfade: does nothing without crossfade_from"),
        ("cut: end", "tracks.undertow.cut: does nothing without crossfade_from"),
        (
            "segue_from: tide, gap: 1 s",
            "tracks.undertow.gap: there is no gap at a join with tide",
        ),
        (
            "segue_from: tide, crossfade_from: tide, crossfade: 2 s",
            "tracks.undertow.crossfade_from: a track starts with a segue or a crossfade, not b",
        ),
        ("hidden: {after: tide}, segue_from: tide", "it cannot be joined to its neighbour"),
        ("hidden: {after: tide}, gap: 3 s", "gap: a hidden track's gap is hidden.silence"),
        ("hidden: {}", "tracks.undertow.hidden: has to name one neighbour: after, or before"),
        ("hidden: {after: tide, before: x}", "has to name one neighbour: after, or before"),
        ("hidden: {after: slipway}", "hidden: 'slipway' does not come right before it; 'tide'"),
        ("hidden: {before: tide}", "hidden: 'tide' does not come right after it; nothing does"),
        ("hidden: {after: tied}", "tracks.undertow.hidden: there is no track 'tied' | tide?"),
        ("hidden: {after: tide, cd: pregap}", "it has no pre-gap to hide in"),
        ("hidden: {before: x, cd: inside}", "hidden.cd: a track that hides before another"),
        ("hidden: {before: x, files: inside}", "hidden.files: a track that hides before anot"),
        ("master: m.wav", "tracks.undertow.master: a track has a mix or a master, not both"),
        ("mix: ", "has no value"),
        (
            "trim: {from: 3 s, to: 2 s}",
            "tracks.undertow.trim.to: 2 s is not after the start, 3 s",
        ),
        ("fade_in: {to: 0 s}", "tracks.undertow.fade_in.to: 0 s is not after the start, 0 s"),
        ("fade_out: {from: 75 sectors, to: 1 s}", "1 s is not after the start, 75 sectors"),
    ],
)
def test_what_does_not_fit_is_told(problems_of: Problems, keys: str, said: str) -> None:
    text = last(keys) if "mix: " not in keys else last("").replace("mix: 3.wav, ", "")
    problems = problems_of(text)
    if keys == "mix: ":
        said = "tracks.undertow.mix: is missing | write mix: FILE, or master: FILE"
    assert any(said in problem for problem in problems), problems


def test_times_in_samples_and_seconds_are_not_compared(problems_of: Problems) -> None:
    assert problems_of(last("trim: {from: 88200 samples, to: 1 s}")) == []


def test_a_pre_gap_hides_what_comes_before_the_first_track_only(problems_of: Problems) -> None:
    text = (
        "tracks:\n  a: {title: A, mix: a.wav}\n"
        "  ghost: {title: G, mix: g.wav, hidden: {before: b}}\n"
        "  b: {title: B, mix: b.wav}\n"
    )
    (problem,) = problems_of(text)
    assert "a pre-gap hides what comes before the first track; 'a' comes before it" in problem


def test_the_first_track_joins_nothing(problems_of: Problems) -> None:
    (problem,) = problems_of("tracks:\n  a: {title: A, mix: a.wav, segue_from: b}\n"
                             "  b: {title: B, mix: b.wav}\n")  # fmt: skip
    assert "'b' does not come before 'a', which is first" in problem


def test_a_track_cannot_be_joined_to_a_hidden_one(problems_of: Problems) -> None:
    songs = HEAD.replace("2.wav", "2.wav, hidden: {after: slipway}")
    (problem,) = problems_of(songs + "  u: {title: U, mix: 3.wav, segue_from: tide}\n")
    assert "'tide' is hidden, so 'u' cannot be joined to it" in problem


def test_two_tracks_may_hide_behind_one(problems_of: Problems) -> None:
    songs = "".join(
        f"  g{n}: {{title: G, mix: g.wav, hidden: {{after: tide}}}}\n" for n in range(2)
    )
    assert problems_of(HEAD + songs) == []


@pytest.mark.parametrize(
    "key", ["chain: [trim: -1 dB]", "level: -1 dB", "trim: silence", "fade_in: {to: 1 s}"]
)
def test_a_finished_master_is_not_touched(problems_of: Problems, key: str) -> None:
    """`master: FILE` is finished: no chain, gain, tone, trim or limiter touches it."""
    (problem,) = problems_of(last(key).replace("mix: 3", "master: 3"))
    assert "a finished master is not touched" in problem


def test_an_empty_chain_touches_no_master(problems_of: Problems) -> None:
    assert problems_of(last("chain: []").replace("mix: 3", "master: 3")) == []


def test_an_edition_that_takes_a_master_says_what_becomes_of_the_rest(
    problems_of: Problems,
) -> None:
    """The place is the edition's: the album's own track is right."""
    songs = last("level: -1 dB, segue_from: tide")
    edition = "{tracks: {undertow: {master: m.wav, crossfade_from: tide, crossfade: 1 s}}}"
    found = problems_of(songs + f"editions: {{x: {edition}}}\n")
    at = "editions.x.tracks.undertow"
    both = f"{at}.master: a track has a mix or a master, not both"
    assert found == [
        f"{both} | take one out; in an edition: mix: null",
        f"{at}.master: a finished master is not touched, so it has no level | "
        "take it out; in an edition: level: null",
        f"{at}.crossfade_from: a track starts with a segue or a crossfade, not both | "
        "take one out; in an edition: segue_from: null",
    ]
    nulls = "mix: null, level: null, segue_from: null, "
    assert (
        problems_of(
            songs + f"editions: {{x: {edition}}}\n".replace("{master", f"{{{nulls}master")
        )
        == []
    )


def test_what_an_edition_inherits_is_told_where_it_was_written(problems_of: Problems) -> None:
    (problem,) = problems_of("level: {match: integrated}\neditions: {x: {}, y: {}}\n")
    assert problem.startswith("level.at: is missing")


def test_a_finished_master_may_be_joined(problems_of: Problems) -> None:
    assert problems_of(FADE.replace("mix: 3", "master: 3")) == []


def test_track_1_takes_none(spec_of: Read) -> None:
    """A gap counts from the end of a track to the start of the next; track 1 takes none."""
    loaded = spec_of(HEAD.replace("1.wav", "1.wav, gap: 1 s"))
    (remark,) = loaded.remarks
    assert "the first track takes no gap" in remark.message
    assert (remark.path, remark.mark.line) == ("tracks.slipway.gap", 3)
    assert spec_of(HEAD + "defaults: {gap: 3 s}\n").remarks == ()


def test_a_text_that_is_cut_short_by_a_remark_sign_is_pointed_out(spec_of: Read) -> None:
    loaded = spec_of("album:\n  artist: X\n  title: We're #1\n")
    (remark,) = loaded.remarks
    assert "the text ends before '#1'" in remark.message
    assert spec_of('album:\n  artist: X # who else\n  title: "We\'re #1" #1\n').remarks == ()


@pytest.mark.parametrize(
    ("edition", "said"),
    [
        ("{drop: [tied]}", "editions.x.drop[1]: there is no track 'tied' | tide?"),
        ("{drop: [tide, tide]}", "editions.x.drop[2]: 'tide' stands here twice"),
        (
            "{order: [tide]}",
            "editions.x.order: leaves out slipway | place it, or drop: [slipway]",
        ),
        ("{drop: [tide], order: [tide, slipway]}", "'tide' is dropped and ordered"),
        ("{drop: [tide, slipway]}", "editions.x.drop: leaves no track on this edition"),
        ("{tracks: {tide: }}", "editions.x.tracks.tide: says nothing | to leave it out: drop"),
        ("{tracks: {new: {title: N}}}", "editions.x.tracks.new.mix: is missing"),
        (
            "{tracks: {tide: {master: m.wav}}}",
            "editions.x.tracks.tide.master: a track has a mix",
        ),
        (
            "{tracks: {tide: {segue_from: x}}}",
            "x.tracks.tide.segue_from: there is no track 'x'",
        ),
        (
            "{tracks: {tide: {isrc: GBAAA2600001}}}",
            "editions.x.tracks.tide.isrc: GBAAA2600001 is",
        ),
        ("{level: {match: integrated}}", "editions.x.level.at: is missing"),
    ],
)
def test_what_does_not_fit_in_an_edition_is_told(
    problems_of: Problems, edition: str, said: str
) -> None:
    songs = HEAD.replace("1.wav", "1.wav, isrc: GBAAA2600001")
    problems = problems_of(songs + f"editions: {{x: {edition}}}\n")
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level: {match: loud_passages}", "level.at: is missing; match: loud_passages brings"),
        ("level: {match: off, at: -14 LUFS}", "level.at: does nothing with match: off"),
        ("defaults: {title: X}", "defaults.title: is every track's own"),
        ("defaults: {gap: 2}", "defaults.gap: '2' has no unit"),
        ("defaults: [gap]", "defaults: keys of a track are meant here"),
        ("deliverables: {x: {kind: cd_image, product: cd}}", "there is no product 'cd'"),
        ("deliverables: {x: {kind: cd_image, edition: lp}}", "there is no edition 'lp'"),
        (
            "products: {a: {upc: 5012345678900}, b: {upc: 5012345678900}}",
            "products.b.upc: 5012345678900 is the UPC of products.a too",
        ),
        ("tracks:\n  {}", "tracks: is empty; a record has at least one track"),
    ],
)
def test_what_does_not_fit_in_the_album_is_told(
    problems_of: Problems, text: str, said: str
) -> None:
    whole = text if "tracks" not in text else f"album: {{title: A, artist: B}}\n{text}"
    problems = problems_of(whole)
    assert any(said in problem for problem in problems), problems


def test_keep_may_aim_the_album_or_not(problems_of: Problems) -> None:
    assert problems_of("level: {match: keep}") == problems_of(
        "level: {match: keep, at: -14 LUFS}"
    )
    assert problems_of("level: {match: keep}") == []


def test_two_tracks_with_one_isrc_are_told(problems_of: Problems) -> None:
    same = HEAD.replace("1.wav", "1.wav, isrc: GBAAA2600001").replace(
        "2.wav", "2.wav, isrc: GB-AAA-26-00001"
    )
    (problem,) = problems_of(same + "editions: {x: {}}\n")
    assert problem.startswith("tracks.tide.isrc: GBAAA2600001 is the ISRC of 'slipway' too")


THREE = HEAD + "  undertow: {title: U, mix: 3.wav}\n"


@pytest.mark.parametrize(
    ("discs", "problem"),
    [
        ("[[slipway, tide]]", "discs: leaves out undertow"),
        ("[[slipway], [tide, undertow, ghost]]", "discs: there is no track 'ghost'"),
        ("[[tide], [slipway, undertow]]", "discs: songs stand here in another order"),
        ("[[slipway, tide, undertow]]", ""),
        ("[[slipway], [tide, undertow]]", ""),
    ],
)
def test_discs_hold_every_song_once_in_running_order(
    problems_of: Problems, discs: str, problem: str
) -> None:
    found = problems_of(THREE + f"discs: {discs}\n")
    assert [each.startswith(problem) for each in found] == [True] * bool(problem)


def test_no_join_reaches_from_one_disc_to_the_next(problems_of: Problems) -> None:
    (problem,) = problems_of(SEGUE + "discs: [[slipway, tide], [undertow]]\n")
    assert problem.startswith("discs: 'undertow' begins disc 2, so nothing comes right before")
    assert not problems_of(SEGUE + "discs: [[slipway], [tide, undertow]]\n")


def test_an_edition_has_the_discs_of_the_album_less_what_it_drops(
    spec_of: Read, problems_of: Problems
) -> None:
    discs = "discs: [[slipway], [tide, undertow]]\n"
    spec = spec_of(THREE + discs + "editions: {x: {drop: [tide]}, y: {drop: [slipway]}}\n").spec
    assert resolve(spec, "x").discs == (("slipway",), ("undertow",))
    assert resolve(spec, "y").discs == (("tide", "undertow"),)
    (problem,) = problems_of(
        THREE + discs + "editions: {x: {order: [tide, slipway, undertow]}}\n"
    )
    assert problem.startswith("editions.x: discs: songs stand here in another order")


@pytest.mark.parametrize(
    ("disc", "problem"),
    [
        ("", "deliverables.x: is one of 2 discs; which one is not said | disc: 1"),
        (", disc: 3", "deliverables.x.disc: there is no disc 3, there are 2"),
        (", disc: 0", "deliverables.x.disc: '0' is no number of a disc"),
        (", disc: 2", ""),
    ],
)
def test_a_cd_says_which_disc_of_several_it_is(
    problems_of: Problems, disc: str, problem: str
) -> None:
    text = THREE + "discs: [[slipway], [tide, undertow]]\n"
    found = problems_of(text + f"deliverables: {{x: {{kind: ddp{disc}}}}}\n")
    assert [each.startswith(problem) for each in found] == [True] * bool(problem)
