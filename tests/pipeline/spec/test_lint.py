"""What is no error in a spec, but would be sent back or was hardly meant."""

from collections.abc import Callable

import pytest

from pipeline.findings import Finding, Severity
from pipeline.spec.lint import CHECKS, SongFacts, Written, findings
from pipeline.spec.loader import LoadedSpec

Lint = Callable[..., tuple[Finding, ...]]
MINUTE = SongFacts(48_000, 60.0, (0.5, 59.0))
FOR_SERVICES = """\
album:
  title: Low Water
  artist: The Ferrymen
  label: Slack Tide
  release_date: 2026-03-06
  genre: Folk Rock
  c_line: 2026 The Ferrymen
  p_line: 2026 Slack Tide
  artwork: art/cover.png
"""
ON_SALE = """\
products: {digital: {upc: 5012345678900, catalog_number: S-1}}
deliverables: {stores: {kind: files, product: digital, format: flac}}
"""


@pytest.fixture
def lint(spec_of: Callable[[str], LoadedSpec]) -> Lint:
    """Return what is found in an album of three songs; a text with `tracks:` replaces them."""
    return lambda text, **songs: findings(Written(spec_of(text), songs))


def songs(*tracks: str) -> str:
    """Return tracks `one`, `two` … with these keys, besides their mix and title."""
    names = ("one", "two", "three", "four")
    lines = [
        f"  {name}: {{mix: {name}.wav, {'' if 'title:' in keys else f'title: {name.title()}, '}"
        f"{keys}}}"
        for name, keys in zip(names, tracks, strict=False)
    ]
    return "tracks:\n" + "\n".join(lines) + "\n"


def titled(title: str) -> str:
    return songs(f"title: '{title.replace(chr(39), chr(39) * 2)}'", "")


def codes(found: tuple[Finding, ...], *, without: str = "nothing-made") -> list[str]:
    return [
        f"{each.check.removeprefix('spec/')}:{each.code}"
        for each in found
        if each.code != without
    ]


def only(found: tuple[Finding, ...], code: str) -> Finding:
    (one,) = (each for each in found if each.code == code)
    return one


def test_a_complete_record_has_nothing_to_be_said_about(lint: Lint) -> None:
    coded = [f"isrc: GBAAA260000{n}" for n in range(1, 4)]
    assert lint(FOR_SERVICES + songs(*coded) + ON_SALE) == ()


def test_every_check_is_at_its_path_and_has_a_rule_and_a_reason() -> None:
    for each in CHECKS:
        assert each.run.__module__ == f"pipeline.spec.lint.{each.id.removeprefix('spec/')}"
        assert each.title.endswith(".")
        assert len(each.rationale) > 60


# --- titles and artists -----------------------------------------------------------------------

TITLES = {
    "SLIPWAY": "title_case:one-case",
    "GO AWAY": "title_case:one-case",
    "slipway": "title_case:one-case",
    "Slipway (Original Mix)": "title_words:original",
    "Slipway [Album Version]": "title_words:original",
    "Slipway (Exclusive)": "title_words:promotion",
    "Slipway (Official Music Video)": "title_words:promotion",
    "Slipway (Free Download)": "title_words:promotion",
    "Slipway (Dolby Atmos)": "title_words:format",
    "Slipway - 24-bit": "title_words:format",
    "Slipway (Explicit)": "title_words:advisory",
    "Track 1": "title_generic:generic",
    "Track 01": "title_generic:generic",
    "Instrumental": "title_generic:generic",
    "New Recording 3": "title_generic:generic",
    "Slipway - Live": "title_version:version",
    "Slipway - Live at the Boathouse": "title_version:version",
    "Slipway [Radio Edit]": "title_version:version",
    "Slipway - Tide Mill Remix": "title_version:version",
    "Slipway - 2011 Remaster": "title_version:version",
    "Slipway Part 2": "title_version:part",
    "Slipway (Pt 2)": "title_version:part",
    "Slipway Volume 1": "title_version:part",
    "Slipway ft. Ada Quill": "featured:guest",
    "Slipway (featuring Ada Quill)": "featured:guest",
    "Slipway (Feat. Ada Quill)": "featured:guest",
    "Slipway (prod. Tide Mill)": "featured:credit",
    "Slipway 🌊": "title_signs:emoji",
    "Slipway ❤️": "title_signs:emoji",
    "Slipway™": "title_signs:legal",
    "Slipway ★": "title_signs:ornament",
    "Slip  way": "title_signs:spaces",
    "Slipway (Live": "title_signs:brackets",
    "01 Slipway": "title_traces:file-name",
    "3. Slipway": "title_traces:file-name",
    "Slipway.wav": "title_traces:file-name",
    "Slip_way": "title_traces:file-name",
    "Slipway_v2": "title_traces:file-name",
    "Slipway Final Mix": "title_traces:file-name",
    "The Ferrymen - Slipway": "title_traces:file-name",
}


@pytest.mark.parametrize("title", TITLES)
def test_a_title_that_would_be_sent_back_is_told_once(lint: Lint, title: str) -> None:
    found = lint(titled(title))
    assert codes(found) == [TITLES[title]]
    told = only(found, TITLES[title].partition(":")[2])
    assert told.track == "one"
    assert told.message.endswith("(album.yaml:3:30)")
    assert told.action


FINE_TITLES = (
    "Slipway", "YMCA", "SOS", "R.E.M.", "U.S.A.", "DNA", "99 Problems", "7 Days", "1979",
    "25 or 6 to 4", "Song for Guy", "The Mix", "Live and Let Die", "Live", "Explicit",
    "Vinyl", "Part of Me", "Part I", "Volume", "Slipway, Pt. 2", "Slipway, Vol. 1",
    "Slipway (Live)", "Slipway (Live at the Boathouse) [Radio Edit]", "Slipway (Reprise)",
    "Slipway (feat. Ada Quill)", "Slipway (feat. Ada Quill) [Live]", "Slipway (with Ada Quill)",
    "Untitled Love", "Track and Field", "Mutually Exclusive", "Defeat", "The Feature",
    "Craft", "Été", "Über den Fluss", "川", "Песня", "(I Can't Get No) Satisfaction",
    "Wish You Were Here - And Other Lies", "Rock & Roll", "Mix Tape", "Unofficial", "A4",
    "Produce", "Master of Puppets", "The Final", "Edit the Sad Parts", "C'est la vie", "I",
    "Symphony No. 5: II. Andante", "Hi-Fi", "Tide / Undertow", "Blue Monday '88", "Ø", "#1",
)  # fmt: skip


@pytest.mark.parametrize("title", FINE_TITLES)
def test_titles_of_real_records_pass(lint: Lint, title: str) -> None:
    assert codes(lint(titled(title))) == []


@pytest.mark.parametrize(
    ("title", "better"),
    [
        ("Slipway - Live", "Slipway (Live)"),
        ("Slipway [Radio Edit]", "Slipway (Radio Edit)"),
        ("Slipway Part 2", "Slipway, Pt. 2"),
        ("Slipway (Volume II)", "Slipway, Vol. II"),
        ("Slipway ft Ada Quill", "Slipway (feat. Ada Quill)"),
        ("Slipway ft. Ada Quill (Live)", "Slipway (feat. Ada Quill) (Live)"),
        ("01 - Slipway", "Slipway"),
        ("Slipway_v2", "Slipway"),
    ],
)
def test_what_to_write_instead_is_said_and_then_passes(
    lint: Lint, title: str, better: str
) -> None:
    (told,) = (each for each in lint(titled(title)) if each.check != "spec/products")
    assert told.action == f"title: {better}"
    assert codes(lint(titled(better))) == []


def test_a_record_all_in_small_letters_is_a_style_and_told_once(lint: Lint) -> None:
    found = lint(songs("title: tide", "title: undertow"))
    assert codes(found) == ["title_case:standing-style"]
    assert found[0].track == ""
    assert only(found, "standing-style").severity is Severity.INFO


ARTISTS = {
    "The Ferrymen feat. Ada Quill": ["featured:guest-in-artist"],
    "The Ferrymen & Ada Quill": ["artist_names:several"],
    "The Ferrymen, Ada Quill": ["artist_names:several"],
    "The Ferrymen x Ada Quill": ["artist_names:several"],
    "Unknown Artist": ["artist_names:nobody"],
    "Bob Marley & The Wailers": [],
    "Ada Quill and Her Orchestra": [],
    "Mixtape": [],
    "AC-DC": [],
}


@pytest.mark.parametrize("artist", ARTISTS)
def test_an_artist_is_one_act(lint: Lint, artist: str) -> None:
    assert codes(lint(songs(f"artist: '{artist}'", ""))) == ARTISTS[artist]


def test_a_sampler_names_the_artist_of_each_song(lint: Lint) -> None:
    text = "album: {title: Low Water, artist: Various Artists}\n"
    found = lint(text + songs("artist: The Ferrymen", ""))
    assert [(each.code, each.track) for each in found if each.code == "unnamed"] == [
        ("unnamed", "two")
    ]


def test_the_title_of_an_edition_is_read_where_it_is_written(lint: Lint) -> None:
    text = (
        "editions:\n  radio:\n    title: LOW WATER\n    tracks: {tide: {title: Tide - Live}}\n"
    )
    found = lint(text)
    assert only(found, "one-case").message.endswith("(album.yaml:8:12)")
    assert only(found, "version").message.endswith("(album.yaml:9:28)")


# --- codes ------------------------------------------------------------------------------------


def test_two_recordings_under_one_isrc_hold_the_record_back(lint: Lint) -> None:
    """In one running order that is an error; here the two never meet."""
    bonus = (
        "{radio: {drop: [one], tracks: {bonus: {title: B, mix: b.wav, isrc: GBAAA2600001}}}}"
    )
    told = only(lint(songs("isrc: GBAAA2600001", "") + f"editions: {bonus}\n"), "shared")
    assert told.blocks_release
    assert (told.track, told.message) == (
        "bonus",
        "GBAAA2600001 is the ISRC of one too; each recording has its own (album.yaml:5:78)",
    )


def test_an_edition_may_have_the_recording_again_but_no_other_mix_of_it(lint: Lint) -> None:
    base = songs("isrc: GBAAA2600001", "isrc: GBAAA2600002")
    again = "editions: {radio: {tracks: {one: {gap: 1 s}, two: {mix: radio.wav}}}}\n"
    found = lint(base + again)
    assert codes(found) == ["isrc:another-mix"]
    assert found[0].track == "two"
    own = again.replace("radio.wav", "radio.wav, isrc: GBAAA2600003")
    assert codes(lint(base + own)) == []


def test_codes_from_where_nobody_lives_or_of_a_later_year_are_told(lint: Lint) -> None:
    found = lint(FOR_SERVICES + songs("isrc: AQAAA2600001", "isrc: AQAAA3100002"))
    assert codes(found) == ["isrc:year", "isrc:country"]
    assert "was given out in 2031, the record comes out in 2026" in found[0].message
    assert codes(lint(FOR_SERVICES + songs("isrc: GBAAA8900001", ""))) == []


def test_what_is_sold_needs_an_isrc_for_each_song(lint: Lint) -> None:
    coded = FOR_SERVICES + songs("isrc: GBAAA2600001", "", "") + ON_SALE
    assert [each.track for each in lint(coded)] == ["two", "three"]
    assert codes(lint(FOR_SERVICES + songs("", "", "") + ON_SALE)) == ["isrc:none"]
    private = ON_SALE.replace("product: digital, ", "")
    assert "isrc:none" not in codes(lint(FOR_SERVICES + songs("", "") + private))


@pytest.mark.parametrize(
    ("upc", "expected"),
    [
        ("5012345678900", []),
        ("036000291452", []),
        ("2012345678903", ["upc:range"]),
        ("212345678909", ["upc:range"]),
        ("9781234567897", ["upc:range"]),
        ("9912345678909", ["upc:range"]),
        ("9526000000013", ["upc:example"]),
    ],
)
def test_a_barcode_is_of_a_range_that_is_for_sale(
    lint: Lint, upc: str, expected: list[str]
) -> None:
    found = lint(f"products: {{cd: {{upc: {upc}}}}}\n")
    assert codes(found) == expected


def test_what_is_sold_needs_a_barcode(lint: Lint) -> None:
    text = (
        FOR_SERVICES + songs("isrc: GBAAA2600001") + ON_SALE.replace("upc: 5012345678900, ", "")
    )
    assert codes(lint(text)) == ["upc:missing"]


# --- products, dates, what is asked for -------------------------------------------------------


def test_services_are_told_to_ask_for_what_is_missing_in_one_sentence(lint: Lint) -> None:
    text = FOR_SERVICES.replace("  genre: Folk Rock\n", "").replace("  label: Slack Tide\n", "")
    found = lint(text + songs("isrc: GBAAA2600001") + ON_SALE)
    assert codes(found) == ["complete:for-services"]
    assert found[0].message == (
        "services ask for label and genre too; stores will lack that (album.yaml:1:1)"
    )


def test_files_that_are_not_sold_and_cds_are_not_asked_for_a_genre(lint: Lint) -> None:
    text = songs("isrc: GBAAA2600001") + "products: {cd: {upc: 5012345678900}}\n"
    assert codes(lint(text + "deliverables: {cd: {kind: cd_image, product: cd}}\n")) == [
        "complete:catalog-number"
    ]
    mp3 = "deliverables: {promo: {kind: files, product: cd, format: mp3}}\n"
    assert codes(lint(songs("") + "products: {cd: {}}\n" + mp3)) == []


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("release_date", "1026-03-06", ["dates:too-early", "dates:later", "dates:later"]),
        ("release_date", "2026-03", ["dates:no-day"]),
        ("c_line", "The Ferrymen", ["dates:no-year"]),
        ("c_line", "© 2026 The Ferrymen", ["dates:sign"]),
        ("p_line", "(P) 2026 Slack Tide", ["dates:sign"]),
        ("p_line", "2027 Slack Tide", ["dates:later"]),
        ("p_line", "1999 Slack Tide", []),
        ("c_line", "2026, The Ferrymen", []),
    ],
)
def test_dates_and_lines_agree(lint: Lint, key: str, value: str, expected: list[str]) -> None:
    lines = [
        f"  {key}: {value}" if line.strip().startswith(key) else line
        for line in FOR_SERVICES.splitlines()
    ]
    found = lint("\n".join(lines) + "\n" + songs("isrc: GBAAA8600001") + ON_SALE)
    assert [each for each in codes(found) if not each.startswith("isrc")] == expected


def test_products_and_deliverables_belong_together(lint: Lint) -> None:
    text = """\
products: {cd: {catalog_number: S-1}, lp: {catalog_number: S-1}}
editions: {radio: {drop: [tide]}, tour: {drop: [undertow]}}
deliverables:
  promo: {kind: files, product: cd, format: mp3}
  radio: {kind: files, product: cd, format: mp3, edition: radio}
  press: {kind: files, format: mp3}
"""
    found = lint(text)
    assert codes(found) == [
        "products:two-programmes",
        "products:nothing-on-it",
        "products:catalog-number",
        "products:no-product",
        "products:idle-edition",
    ]
    assert "product cd is radio and the album" in found[0].message


def test_a_title_or_a_mix_that_is_there_twice_is_told_where_it_comes_again(lint: Lint) -> None:
    found = lint(
        songs("title: Tide", "title: TIDE") + "  three: {title: Ebb, master: one.wav}\n"
    )
    assert [(each.code, each.track) for each in found if each.check == "spec/duplicates"] == [
        ("title", "two"),
        ("mix", "three"),
    ]


def test_questions_of_init_hold_the_record_back(lint: Lint) -> None:
    found = lint("album: {title: TODO title, artist: The Ferrymen}\n")
    told = only(found, "open")
    assert told.blocks_release
    assert told.message == "album.yaml still says 'TODO title' (album.yaml:5:16)"


# --- level, ceiling, lengths ------------------------------------------------------------------

LIMITED = "limiter: {ceiling: -1 dBTP}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("level: {match: integrated, at: -4 LUFS}\n" + LIMITED, ["aim:too-loud"]),
        ("level: {match: integrated, at: -6 LUFS}\n" + LIMITED, []),
        ("level: {match: loud_passages, at: -5 LUFS}\n" + LIMITED, []),
        ("level: {match: loud_passages, at: -3 LUFS}\n" + LIMITED, ["aim:too-loud"]),
        ("level: {match: keep, at: -30 LUFS}\n" + LIMITED, ["aim:soft"]),
        ("level: {match: integrated, at: -14 LUFS}\n", ["aim:no-limiter"]),
        ("level: {match: integrated, at: -18 LUFS}\n", []),
        ("level: off\n" + LIMITED, []),
    ],
)
def test_aims_lie_where_records_lie(lint: Lint, text: str, expected: list[str]) -> None:
    assert codes(lint(text)) == expected


def test_a_song_may_not_be_driven_louder_than_any_service_plays(lint: Lint) -> None:
    text = "level: {match: integrated, at: -8 LUFS}\n" + LIMITED
    found = lint(text + songs("level: 3 dB", "level: 2 dB", "level: as_mixed"))
    assert codes(found) == ["aim:song-too-loud"]
    assert only(found, "song-too-loud").track == "one"


@pytest.mark.parametrize(
    ("ceiling", "deliverable", "expected"),
    [
        ("-0.3 dBTP", "{kind: files, format: mp3, kbps: 320}", ["ceiling:no-room"]),
        ("-0.5 dBTP", "{kind: files, format: mp3, kbps: 320}", []),
        ("-0.5 dBTP", "{kind: files, format: mp3, kbps: 128}", ["ceiling:no-room"]),
        ("-1 dBTP", "{kind: files, format: mp3, kbps: 128}", []),
        ("-0.1 dBTP", "{kind: cd_image}", []),
        ("-0.1 dBTP", "{kind: files, format: flac}", []),
    ],
)
def test_the_ceiling_leaves_room_for_encoders(
    lint: Lint, ceiling: str, deliverable: str, expected: list[str]
) -> None:
    text = f"limiter: {{ceiling: {ceiling}}}\ndeliverables: {{promo: {deliverable}}}\n"
    assert codes(lint(text)) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("fade_out: {from: 0:10, to: 0:58}", ["lengths:long-fade"]),
        ("fade_out: {from: 0:50, to: 0:58}", []),
        ("fade_in: {to: 0:40}", ["lengths:long-fade"]),
        ("trim: {to: 0:10}, fade_in: {to: 6 s}", ["lengths:long-fade"]),
        ("gap: 2 min", ["lengths:long-gap"]),
        ("gap: 20 s", []),
        ("crossfade_from: one, crossfade: 40 s", ["lengths:long-crossfade"]),
        ("crossfade_from: one, crossfade: 10 s", []),
        ("hidden: {after: one, silence: 2 min}", []),
    ],
)
def test_gaps_and_fades_are_shorter_than_their_songs(
    lint: Lint, keys: str, expected: list[str]
) -> None:
    assert codes(lint(songs("", keys), one=MINUTE, two=MINUTE)) == expected
    assert codes(lint(songs("", keys))) == []  # of mixes that nobody has read, nothing is said


def test_what_is_sold_has_no_long_silence_in_it_and_no_song_that_counts_for_nothing(
    lint: Lint,
) -> None:
    text = FOR_SERVICES + songs("isrc: GBAAA2600001", "isrc: GBAAA2600002, gap: 11 s") + ON_SALE
    brief = SongFacts(48_000, 20.0, (0.0, 20.0))
    found = lint(text, one=MINUTE, two=brief)
    assert codes(found) == ["lengths:silent-end", "lengths:short"]


# --- reasons ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["title_case", "spec/title_case"])
def test_a_written_reason_waives_a_rule_for_a_song(lint: Lint, name: str) -> None:
    text = songs(f"title: SLIPWAY, intent: {{{name}: she writes it so}}", "title: UNDERTOW")
    found = lint(text + "  three: {title: Three, mix: 3.wav}\n")
    assert [(each.track, each.waived) for each in found if each.check == "spec/title_case"] == [
        ("one", "she writes it so"),
        ("two", ""),
    ]


def test_a_reason_of_the_record_waives_what_is_said_of_the_record(lint: Lint) -> None:
    text = "products: {cd: {upc: 2012345678903}}\nintent: {upc: sold in our shop only}\n"
    told = only(lint(text), "range")
    assert told.waived == "sold in our shop only"
    assert not told.blocks_release


PLANT = "deliverables: {plant: {kind: ddp}}\n"


def test_a_curly_apostrophe_is_straightened_on_a_disc_and_that_is_told(lint: Lint) -> None:
    told = only(lint(titled("It’s Late") + PLANT), "spelled")
    assert told.severity is Severity.INFO
    assert "\"It's Late\" for 'It’s Late': ' for ’ (album.yaml:" in told.message


def test_letters_that_cd_text_lacks_are_a_warning_until_others_stand_for_them(
    lint: Lint,
) -> None:
    told = only(lint(titled("日本語") + PLANT), "unreadable")
    assert told.severity is Severity.WARN
    assert "'???' for '日本語': Latin-1 has no 日本語" in told.message
    mended = songs("title: 日本語, cd_text: {title: Nihongo}", "") + PLANT
    assert not [each for each in lint(mended) if each.check == "spec/cd_text"]


def test_names_that_latin_1_holds_and_discs_without_text_say_nothing(lint: Lint) -> None:
    for text in (
        titled("Björk") + PLANT,
        titled("日本語") + PLANT.replace("p}", "p, cd_text: off}"),
    ):
        assert not [each for each in lint(text) if each.check == "spec/cd_text"]


def test_a_second_language_is_asked_what_japanese_can_write(lint: Lint) -> None:
    text = songs("title: 한국, cd_text: {title: Hanguk}", "")
    told = only(lint(text + PLANT.replace("p}", "p, cd_text: ms_jis}")), "unreadable")
    assert "MS-JIS has no 한국" in told.message
