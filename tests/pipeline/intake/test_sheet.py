"""The intake sheet goes out, comes back filled in by anybody, and nothing of it is lost."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.answers import sheet_of_spec, words_for_mixes
from pipeline.intake.scaffold import Draft, blank_sheet, draft
from pipeline.intake.sheet import (
    ALBUM_QUESTIONS,
    SONG_QUESTIONS,
    Sheet,
    read_sheet,
    sheet_text,
)
from pipeline.master.registry import parameters
from pipeline.spec.loader import read
from pipeline.spec.model import AlbumSpec

WriteMix = Callable[..., Path]
Fill = Callable[..., Draft]
FILES = ("01 Slipway.wav", "02 Tide.wav", "03 Undertow.wav")


@pytest.fixture
def folder(write_mix: WriteMix, noise: Audio) -> Path:
    """Three mixes of two seconds at 48 kHz, 16 bits."""
    paths = [write_mix(noise, f"The Ferrymen - Low Water/{name}") for name in FILES]
    return paths[0].parent


@pytest.fixture
def fill(folder: Path, tmp_path: Path) -> Fill:
    """Return the spec that comes of answers: of the album, then of each song in turn."""

    def filled(album: Mapping[str, str], *songs: Mapping[str, str]) -> Draft:
        answers = [(name, "", dict(each)) for name, each in zip(FILES, songs, strict=False)]
        return drafted(folder, sheet_text(album, answers), tmp_path)

    return filled


def drafted(folder: Path, text: str | bytes, place: Path) -> Draft:
    return draft(folder, sheet=sheet_of(text, place))


def sheet_of(text: str | bytes, place: Path) -> Sheet:
    path = place / "sheet.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_sheet(path)


def spec_of(begun: Draft) -> AlbumSpec:
    return read(begun.text, path=Path("/a/album.yaml"), processors=parameters()).spec


def told(begun: Draft) -> list[str]:
    return [
        f"{Path(p.mark.file).name}:{p.mark.line}: {p.path}: {p.message}" for p in begun.problems
    ]


def test_an_empty_sheet_changes_nothing_in_the_spec(folder: Path, tmp_path: Path) -> None:
    begun = drafted(folder, blank_sheet(folder), tmp_path)
    assert begun.problems == ()
    assert begun.text.replace("  # from the folder's name or the files'", "") == draft(
        folder
    ).text.replace("  # from the folder's name or the files'", "")


def test_a_blank_sheet_asks_every_question_of_every_song(folder: Path) -> None:
    text = blank_sheet(folder)
    lines = text.splitlines()
    assert "title: Low Water" in lines
    assert "== song 2: 02 Tide.wav ==" in lines
    assert "# 0:02, 48 kHz, 16-bit WAV" in lines
    for question in SONG_QUESTIONS:
        assert sum(line.startswith(f"{question}:") for line in lines) == len(FILES) + (
            question in ALBUM_QUESTIONS
        )
    assert all(word in text.replace("\n#", "") for word in words_for_mixes())


def test_what_the_spec_can_say_becomes_keys(fill: Fill) -> None:
    begun = fill(
        {"title": "Low: Water", "artist": "Ferrymen, The", "order": "2, 1, 3"},
        {"title": "Slipway #2", "gap before": "1.5 seconds", "fade in": "0 s to 0.5 s"},
        {"title": "Ebb", "fade out": "0:01.2 - 0:01.8"},
        {"gap before": "segue", "meant so": "mono: one mic\nDC offset: the tape; clipped: so"},
    )
    spec = spec_of(begun)
    assert begun.problems == ()
    assert (spec.album.title, spec.album.artist) == ("Low: Water", "Ferrymen, The")
    ebb, slipway, undertow = spec.tracks.values()
    assert [each.title for each in (ebb, slipway)] == ["Ebb", "Slipway #2"]
    assert (str(slipway.gap), undertow.segue_from) == ("1.5 s", slipway.id)
    assert slipway.fade_in is not None
    assert str(slipway.fade_in.end) == "0.5 s"
    assert ebb.fade_out is not None
    assert (str(ebb.fade_out.start), str(ebb.fade_out.end)) == ("1.2 s", "1.8 s")
    assert undertow.intent == {"mono": "one mic", "dc_offset": "the tape", "clipped": "so"}


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ("2 s", ["gap: 2 s"]),
        ("2 sec.", ["gap: 2 s"]),
        ("500 msecs", ["gap: 0.5 s"]),
        ("1 minute", ["gap: 60 s"]),
        ("Runs on", ["segue_from: slipway"]),
        ("crossfade 0.5 s", ["crossfade_from: slipway", "crossfade: 0.5 s"]),
        ("x-fade of 1 second", ["crossfade_from: slipway", "crossfade: 1 s"]),
    ],
)
def test_a_gap_is_read_as_people_write_it(fill: Fill, answer: str, lines: list[str]) -> None:
    begun = fill({}, {}, {"gap before": answer})
    assert begun.problems == ()
    assert all(f"    {line}" in begun.text.splitlines() for line in lines)
    assert list(spec_of(begun).tracks) == ["slipway", "tide", "undertow"]


@pytest.mark.parametrize(
    ("question", "answer", "message"),
    [
        ("gap before", "two beats", "'two beats' is not a time; write for example 1.5 s"),
        (
            "gap before",
            "2",
            "'2' has no unit; write 2 s (or ms, min, samples, sectors), or m:ss.mmm",
        ),
        ("gap before", "crossfade 0 s", "a crossfade of no length is a segue; write segue"),
        ("fade out", "at the end", "'at the end' names no start and end; write 3:52 to 4:01"),
        ("fade out", "0:01 to 3:00", "'0:01 to 3:00' does not lie in the mix, 2.0 s"),
        ("fade in", "0:01 to 0:01", "'0:01 to 0:01' does not lie in the mix, 2.0 s"),
        ("meant so", "monoo: yes", "'monoo' is no word that is known; mono?"),
        ("meant so", "it is fine", "'it is fine' is no word with a reason: mono: one mic"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place_and_kept(
    fill: Fill, question: str, answer: str, message: str
) -> None:
    begun = fill({}, {}, {question: answer})
    place = sheet_text({}, [("", "", {}), ("", "", {question: answer})]).splitlines()
    line = max(n for n, each in enumerate(place, start=1) if each.startswith(f"{question}:"))
    assert told(begun) == [f"sheet.txt:{line}: song 2, {question}: {message}"]
    assert begun.problems[0].hint
    assert f"    # {question}: {answer}" in begun.text.splitlines()
    assert list(spec_of(begun).tracks) == ["slipway", "tide", "undertow"]


def test_what_only_people_can_read_stands_beside_its_track(fill: Fill) -> None:
    begun = fill(
        {"contact": "Ada, ada@example.org", "references": "Low\nTalk Talk"},
        {"mixer": "Ada", "known problems": "click at 0:01\n  and: hum #2"},
    )
    text = begun.text
    assert "  # contact: Ada, ada@example.org\n  # references" not in text
    assert "  # references: Low\n  #   Talk Talk\n  # contact: Ada, ada@example.org\n" in text
    assert (
        "    # mixer: Ada\n    # known problems: click at 0:01\n    #   and: hum #2\n" in text
    )


def test_a_session_of_higher_rate_or_a_limiter_asks_for_another_bounce(fill: Fill) -> None:
    text = fill(
        {},
        {"session": "96kHz / 24-bit", "bus limiter": "Yes, 3 dB"},
        {"session": "48 kHz, 16 bit", "bus limiter": "yes, but the mix is without it"},
    ).text
    asked = [line.strip() for line in text.splitlines() if "ask for" in line]
    assert asked == [
        "# TODO the session has 96 kHz, the mix 48 kHz: ask for a bounce at its rate",
        "# TODO the session has 24 bits, the mix 16: ask for all of them",
        "# TODO a limiter was on the bus: ask for the mix without it",
    ]


@pytest.mark.parametrize(
    "order",
    ["3, 1, 2", "3; 1; 2", "1. Undertow\n2. Slipway\n3) Tide", "undertow, 1, 02 tide.wav"],
)
def test_the_order_is_read_from_numbers_titles_and_files(fill: Fill, order: str) -> None:
    begun = fill({"order": order}, *({"title": name[3:-4]} for name in FILES))
    assert list(spec_of(begun).tracks) == ["undertow", "slipway", "tide"]
    assert "order:" not in begun.text.partition("tracks:")[0].replace("running order", "")


def test_an_order_that_cannot_be_followed_is_told_and_kept(fill: Fill) -> None:
    begun = fill({"order": "3, 1, 9"}, {}, {}, {})
    assert [each.path for each in begun.problems] == ["order"]
    assert "  # order: 3, 1, 9" in begun.text
    assert list(spec_of(begun).tracks) == ["slipway", "tide", "undertow"]


def test_songs_of_the_sheet_and_of_the_folder_that_miss_each_other_are_told(
    folder: Path, tmp_path: Path
) -> None:
    text = sheet_text(
        {}, [("mixes/03 UNDERTOW.WAV", "", {}), ("09 Lost.wav", "", {"notes": "find it"})]
    )
    begun = drafted(folder, text + text[text.index("== song 1") :], tmp_path)
    assert [each.message for each in begun.problems] == [
        "09 Lost.wav is not among the mixes",
        "mixes/03 UNDERTOW.WAV is on the sheet twice",
        "09 Lost.wav is not among the mixes",
    ]
    assert "  # notes: find it" in begun.text
    assert next(iter(spec_of(begun).tracks)) == "undertow"
    assert begun.text.count("# TODO it is not on the intake sheet") == 2


def test_the_take_on_the_sheet_is_the_one_that_is_used(
    write_mix: WriteMix, noise: Audio, tmp_path: Path
) -> None:
    paths = [write_mix(noise, f"A - B/01 Slipway_v{n}.wav") for n in (1, 2)]
    text = sheet_text({}, [("01 Slipway_v1.wav", "", {})])
    begun = drafted(paths[0].parent, text, tmp_path)
    assert spec_of(begun).tracks["slipway"].source.text == "01 Slipway_v1.wav"
    assert '# mix: "01 Slipway_v2.wav"' in begun.text


# --- how it is written by hand ----------------------------------------------------------------


def test_lines_go_on_indented_or_not_and_questions_may_be_capitalised(tmp_path: Path) -> None:
    sheet = sheet_of(
        "== ALBUM\nContact : Ada\n== Song 1 : a.wav\nTITLE:Slip: way\nnotes: one\n\n"
        "two: with a colon\n  # three\nhttps://example.org\n# not read\n",
        tmp_path,
    )
    (song,) = sheet.songs
    assert (sheet.album.text("contact"), song.text("title")) == ("Ada", "Slip: way")
    assert song.text("notes") == "one\n\ntwo: with a colon\n# three\nhttps://example.org"
    assert sheet.problems == ()


def test_a_mistyped_question_is_told_and_its_answer_kept(folder: Path, tmp_path: Path) -> None:
    begun = drafted(folder, "lost line\n== song 1: 01 Slipway.wav\nmixxer: Ada\n", tmp_path)
    (problem,) = begun.problems
    assert str(problem).endswith(
        "sheet.txt:3:1: 'mixxer' is no question of this sheet\n"
        "  hint: mixer? If it goes on from the line above: indent it"
    )
    assert "    # mixxer: Ada" in begun.text
    assert "  # lost line" in begun.text


def test_a_question_answered_twice_keeps_both_answers(tmp_path: Path) -> None:
    sheet = sheet_of("== song 1: a.wav\nnotes: one\nmixer: Ada\nnotes: two\n", tmp_path)
    assert sheet.songs[0].text("notes") == "one\ntwo"
    assert [each.mark.line for each in sheet.problems] == [4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_editor_of_any_system_may_have_saved_it(tmp_path: Path, encoding: str) -> None:
    text = "== song 1: a.wav ==\r\ntitle: Über den Fluss\r\n"
    sheet = sheet_of(text.encode(encoding), tmp_path)
    assert sheet.songs[0].text("title") == "Über den Fluss"
    assert len(sheet.problems) == (encoding == "cp1252")


@pytest.mark.parametrize("data", [b"", b"title: x\n", bytes(range(256)), b"\xff\xfe\x00"])
def test_what_is_no_sheet_is_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="is no intake sheet"):
        sheet_of(data, tmp_path)


def test_a_sheet_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_sheet(tmp_path / "none.txt")


# What fits on no line becomes a space; all else comes back letter by letter.
LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"
)
ANSWER = st.text(LETTERS | st.just("\n"), max_size=30)
FREE = tuple(question for question in SONG_QUESTIONS if question != "title")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(st.sampled_from(("order", "references", "contact", "notes")), ANSWER),
    st.dictionaries(st.sampled_from(FREE), ANSWER),
)
@example({"order": "1, 1"}, {"notes": "== song 2: b ==\n# no comment\ntitle: no title"})
@example({}, {"gap before": "segue\nsegue", "edits": "\n\nlate"})
@example({}, {"meant so": ";"})
def test_every_word_comes_back_and_the_spec_loads(
    folder: Path, tmp_path: Path, album: dict[str, str], song: dict[str, str]
) -> None:
    begun = drafted(folder, sheet_text(album, [(FILES[1], "", song)]), tmp_path)
    understood = keys_of(spec_of(begun))
    kept = [line.strip() for line in begun.text.splitlines() if line.lstrip().startswith("#")]
    for question, answer in (*album.items(), *song.items()):
        for line in filter(None, map(str.strip, answer.split("\n"))):
            assert question in understood or any(each.endswith(line) for each in kept)


def keys_of(spec: AlbumSpec) -> set[str]:
    """Return the questions whose answers have become keys."""
    track = next(iter(spec.tracks.values()))
    is_key = {
        "order": track.id == "tide",
        "fade in": track.fade_in is not None,
        "fade out": track.fade_out is not None,
        "meant so": bool(track.intent),
        "gap before": track.joined_from is not None or str(track.gap) != "2 s",
    }
    return {question for question, became in is_key.items() if became}


def test_control_characters_and_odd_line_breaks_become_spaces(
    folder: Path, tmp_path: Path
) -> None:
    text = "== song 1: 01 Slipway.wav\nnotes: a\x0bb\u2028c\x00d\te\rmixer: Ada\n"
    begun = drafted(folder, text, tmp_path)
    assert "    # notes: a b c d e\n    # mixer: Ada\n" in begun.text
    assert spec_of(begun).tracks["slipway"].title == "Slipway"


# --- from a spec, and back --------------------------------------------------------------------

SPEC = """\
album: {title: 'Low: Water', artist: The Ferrymen}
defaults: {gap: 1 s}
tracks:
  tide: {title: 'Tide #1', mix: 02 Tide.wav, fade_out: {from: 1 s, to: 1.5 s}}
  slip: {title: Slipway, mix: 01 Slipway.wav, gap: 12 sectors, intent: {mono: one mic}}
  under: {title: Undertow, mix: 03 Undertow.wav, crossfade_from: slip, crossfade: 0.5 s,
          fade_in: {to: 0.2 s}}
"""


def test_what_a_spec_says_survives_the_sheet(folder: Path, tmp_path: Path) -> None:
    before = read(SPEC, path=folder / "album.yaml", processors=parameters())
    begun = drafted(folder, sheet_of_spec(before), tmp_path)
    after = spec_of(begun)
    assert begun.problems == ()
    assert after.album.title == before.spec.album.title
    assert [str(each.gap) for each in after.tracks.values()][1] == "12 sectors"
    for old, new in zip(before.spec.tracks.values(), after.tracks.values(), strict=True):
        assert (new.title, new.source.text, new.intent) == (
            old.title,
            old.source.text,
            old.intent,
        )
        assert (new.crossfade, new.fade_out) == (old.crossfade, old.fade_out)
        assert bool(new.fade_in) == bool(old.fade_in)
        assert bool(new.joined_from) == bool(old.joined_from)


def test_the_sheet_in_the_documents_answers_every_question_and_is_understood(
    folder: Path, tmp_path: Path
) -> None:
    document = (Path(__file__).parents[3] / "docs/intake-sheet.md").read_text(encoding="utf-8")
    text = document.split("```")[1]
    sheet = sheet_of(text, tmp_path)
    assert set(sheet.album.answers) == set(ALBUM_QUESTIONS)
    assert set(sheet.songs[0].answers) == set(SONG_QUESTIONS)
    shorter = text.replace("3:52 to 4:01", "0:01 to 0:02").replace("0:00 to 0:02", "0:01")
    begun = drafted(folder, shorter + "== song 2: 02 Tide.wav\n", tmp_path)
    assert begun.problems == ()
    assert [each.title for each in spec_of(begun).tracks.values()] == [
        "Tide",
        "Slipway",
        "Undertow",
    ]
