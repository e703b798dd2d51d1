"""A first `album.yaml` from a folder of mixes: what can be known, proposals, open questions."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import Mark, SourceError, SpecProblem
from pipeline.intake.answers import Answers, Neighbour, words_for_mixes
from pipeline.intake.decode import MixHeader, SourceReader
from pipeline.intake.probe import codec_name
from pipeline.intake.sheet import Section, Sheet, sheet_text
from pipeline.intake.titles import clean, natural_key, read_names, track_ids
from pipeline.intake.yaml_text import escaped, fits_on_a_line, one_line, quoted
from pipeline.spec.presets import PROPOSED, preset_text

# Those that cannot be used are here too: `init` says why instead of passing over them.
_READ = {".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".flac"}
_LOSSY = {".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".wma"}
_NOT_READ = {".alac", ".ape", ".wv", ".dsf", ".dff"}
AUDIO_SUFFIXES = frozenset(_READ | _LOSSY | _NOT_READ)
CD_MINUTES = 79.95  # 79:57 is what most plants take without asking
CD_TRACKS = 99  # IEC 60908
_FOLDERS = {"audio", "files", "music", "songs", "tracks", "wav", "wavs"}
_FOLDERS |= {"bounces", "export", "exports", "masters", "mixdowns", "mixes"}
_EMPTY = Sheet(Section({}, "", "", Mark("", 1, 1)), ())


@dataclass(frozen=True, slots=True)
class _Song:
    """A track to be: its file, what name and header say, or why it cannot be used."""

    path: Path
    mix: str
    title: str
    order: tuple[int, ...]
    artist: str
    header: MixHeader | None
    refusal: str = ""
    id: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def song_key(self) -> str:
        return self.title.casefold()


@dataclass(frozen=True, slots=True)
class Draft:
    """A spec to begin with.

    Parameters
    ----------
    text : str
        YAML that loads as it stands. What only people can know stands in lines marked TODO.
    problems : tuple of SpecProblem
        What could not be read from the intake sheet; it is kept in comments.
    """

    text: str
    problems: tuple[SpecProblem, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What lies in a folder of mixes."""

    artist: str
    album: str
    songs: list[_Song]

    @property
    def usable(self) -> list[_Song]:
        return [song for song in self.songs if not song.refusal]


def draft(
    folder: Path,
    *,
    spec_folder: Path | None = None,
    sheet: Sheet | None = None,
    preset: str = "",
) -> Draft:
    """Return a commented `album.yaml` for the mixes in a folder; nothing is written.

    Parameters
    ----------
    folder : Path
        Holds the mixes; what lies in folders below it is left alone.
    spec_folder : Path, optional
        Where the spec will be written, to which its paths are relative; `folder` if absent.
    sheet : Sheet, optional
        What the mix engineer has told of them.
    preset : str, optional
        Lines of YAML: how the record shall be mastered.

    Raises
    ------
    SourceError
        If the folder cannot be read or has no mix in it.
    """
    found = _found(folder, spec_folder or folder)
    answers = Answers(sheet or _EMPTY, [song.path.name for song in found.usable])
    chosen, takes = _choose_takes(found.usable, answers)
    ordered = sorted(_answered(chosen, answers), key=_running_order)
    tracks = _with_remarks(_with_ids(ordered), answers if sheet else None)
    told = [
        [*_track_lines(song, takes.get(song.path, ())), *_told_lines(song, before, answers)]
        for before, song in zip([None, *tracks], tracks, strict=False)
    ]
    lines = [
        *_album_lines(found, tracks, answers),
        *_proposal_lines(preset or preset_text(PROPOSED)),
        "",
        "tracks:  # key = permanent id, order = running order",
        *(line for each in told for line in each),
        *(line for song in found.songs if song.refusal for line in _refused_lines(song)),
        *(f"  {line}" for line in answers.left_over_comments()),
        "",
        *_deliverable_lines(tracks),
    ]
    problems = sorted(answers.problems, key=lambda problem: problem.mark)
    return Draft("\n".join(lines) + "\n", tuple(problems))


def blank_sheet(folder: Path) -> str:
    """Return an intake sheet for the mixes in a folder, to be filled in.

    Raises
    ------
    SourceError
        If the folder cannot be read or has no mix in it.
    """
    found = _found(folder, folder)
    chosen, _ = _choose_takes(found.usable, Answers(_EMPTY, ()))
    return sheet_text(
        {"title": found.album, "artist": found.artist},
        (
            (song.path.name, _summary(_known(song)), {"title": song.title})
            for song in sorted(chosen, key=_running_order)
        ),
        words=words_for_mixes(),
    )


def _found(folder: Path, base: Path) -> _Found:
    paths = _mixes(folder)
    artist, album = _artist_and_album(folder)
    songs = _songs(paths, base=base, known=(artist, album))
    artist = artist or next((song.artist for song in songs if song.artist), "")
    if all(song.refusal for song in songs):
        refusals = "; ".join(f"{song.path.name} {song.refusal}" for song in songs)
        raise SourceError(str(folder), f"has no mix that can be used: {refusals}")
    return _Found(artist, album, songs)


def _answered(songs: Iterable[_Song], answers: Answers) -> list[_Song]:
    """Give songs the titles and the order of the sheet; those that are not on it come last."""
    places = {name: place for place, name in enumerate(answers.names, start=1)}
    return [
        replace(
            song,
            title=answers.title(song.path.name) or song.title,
            order=(places[song.path.name],) if song.path.name in places else (),
        )
        if places
        else song
        for song in songs
    ]


def _mixes(folder: Path) -> list[Path]:
    where = str(folder)
    try:
        entries = sorted(folder.iterdir(), key=lambda path: natural_key(path.name))
        paths = [path for path in entries if _is_mix(path)]
        has_folders = any(path.is_dir() for path in entries)
    except FileNotFoundError as error:
        raise SourceError(where, "does not exist", "name the folder with the mixes") from error
    except NotADirectoryError as error:
        hint = "name the folder that this file lies in"
        raise SourceError(where, "is a file, not a folder of mixes", hint) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(where, f"cannot be read: {reason}") from error
    if not paths:
        hint = "name one of the folders in it" if has_folders else "put the mixes in it"
        raise SourceError(where, "has no audio files in it", hint)
    return paths


def _is_mix(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return not is_hidden and path.suffix.lower() in AUDIO_SUFFIXES and not path.is_dir()


def _artist_and_album(folder: Path) -> tuple[str, str]:
    """Guess from "Artist - Album"; a folder that is only called "mixes" is no album."""
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - a link's own name counts
    while place.name and _is_container(place.name):
        place = place.parent
    name = clean(one_line(place.name.replace("_", " "))) if place.name else ""
    artist, dash, album = name.partition(" - ")
    return (artist.strip(), album.strip()) if dash and album.strip() else ("", name)


def _is_container(name: str) -> bool:
    words = re.split(r"[\s_-]+", name.casefold())
    return words[-1] in _FOLDERS and (len(words) == 1 or words[0] in ("final", "the"))


def _songs(paths: Sequence[Path], *, base: Path, known: Iterable[str]) -> list[_Song]:
    named = read_names([one_line(path.stem) for path in paths], known=known)
    return [
        replace(
            _examined(path, base),
            title=name.title or f"Track {number}",
            order=name.order,
            artist=name.artist,
        )
        for number, (path, name) in enumerate(zip(paths, named, strict=True), start=1)
    ]


def _examined(path: Path, base: Path) -> _Song:
    mix = _relative(path, base)
    song = _Song(path, mix, title="", order=(), artist="", header=None)
    if not all(map(fits_on_a_line, mix)) or "\\" in mix or mix != mix.strip():
        return replace(song, refusal="has a name that no other system can read: rename it")
    try:
        with SourceReader(path) as reader:
            return replace(song, header=reader.header)
    except SourceError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return replace(song, refusal=error.message + hint)


def _relative(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # another drive of Windows
        return path.absolute().as_posix()


def _running_order(song: _Song) -> tuple[bool, tuple[int, ...], tuple[tuple[int, str], ...]]:
    return (not song.order, song.order, natural_key(song.path.name))


def _choose_takes(
    songs: Sequence[_Song], answers: Answers
) -> tuple[list[_Song], dict[Path, list[_Song]]]:
    """Keep the last take of each song by name, or those that are on the sheet.

    Takes share title and place in the order.
    """
    groups: dict[object, list[_Song]] = {}
    for song in songs:
        groups.setdefault((song.song_key, song.order), []).append(song)
    chosen: list[_Song] = []
    others: dict[Path, list[_Song]] = {}
    for takes in groups.values():
        kept = [song for song in takes if answers.knows(song.path.name)] or takes[-1:]
        others[kept[0].path] = [song for song in takes if song not in kept]
        chosen += kept
    return chosen, others


def _with_ids(songs: Sequence[_Song]) -> list[_Song]:
    ids = track_ids([song.title for song in songs])
    return [replace(song, id=track_id) for song, track_id in zip(songs, ids, strict=True)]


def _with_remarks(songs: Sequence[_Song], answers: Answers | None) -> list[_Song]:
    titles = Counter(song.song_key for song in songs)
    places = Counter(song.order for song in songs if song.order)
    usual_hz = _usual_rate_hz(songs)
    remarked = []
    for song in songs:
        remarks = list(_remarks(song, titles, places, usual_hz=usual_hz))
        if answers and not answers.knows(song.path.name):
            remarks.insert(0, "TODO it is not on the intake sheet")
        remarked.append(replace(song, remarks=tuple(remarks)))
    return remarked


def _remarks(
    song: _Song,
    titles: Counter[str],
    places: Counter[tuple[int, ...]],
    *,
    usual_hz: int,
) -> Iterator[str]:
    header = _known(song)
    if titles[song.song_key] > 1:
        yield "TODO another track has this title too: two takes of one song?"
    if places[song.order] > 1:
        yield "TODO another file has this number too: which comes first?"
    if not song.order and places:
        yield "TODO its file has no number: where does it belong?"
    if header.is_lossy:
        yield f"TODO {codec_name(header)} is lossy: ask for the WAV. If there is none, say why:"
        yield "intent: {lossy_source: TODO why}"
    if header.sample_rate_hz != usual_hz:
        yield f"{_khz(header.sample_rate_hz)}: not the rate of the others; it is resampled"
    if header.n_channels == 1:
        yield "mono: it goes to both channels alike"


def _usual_rate_hz(songs: Sequence[_Song]) -> int:
    seconds: Counter[int] = Counter()
    for song in songs:
        seconds[_known(song).sample_rate_hz] += round(_known(song).duration_s * 1000)
    return max(seconds, key=lambda rate_hz: (seconds[rate_hz], rate_hz))


def _known(song: _Song) -> MixHeader:
    assert song.header is not None, "what could not be read is not among the tracks"
    return song.header


def _album_lines(found: _Found, songs: Sequence[_Song], answers: Answers) -> Iterator[str]:
    total_s = sum(_known(song).duration_s for song in songs)
    yield "# What Glassmaster does with your mixes: only what is written here is done."
    yield "# Look through the lines marked TODO; then: glassmaster check, glassmaster build"
    yield f"# {_plural(len(songs), 'track')}, {_clock(total_s)} without gaps"
    yield ""
    yield "album:"
    for key, guess, question in (
        ("title", found.album, "what is the record called?"),
        ("artist", found.artist, "who made it?"),
    ):
        told = answers.album_text(key)
        yield f"  {key}: {quoted(told)}" if told else _guess(key, guess, question)
    yield from (f"  {line}" for line in answers.album_comments())
    yield "  # label: TODO"
    yield "  # release_date: TODO  # YYYY-MM-DD; files carry this date, never today's"
    yield "  # genre: TODO"
    yield "  # c_line: TODO  # year and name: who owns artwork and texts (the © line)"
    yield "  # p_line: TODO  # year and name: who owns the recording (the ℗ line)"
    yield "  # artwork: TODO  # a square PNG or JPEG, relative to this file"
    yield f"  sample_rate: auto  # {_rates(songs)}"
    yield ""
    yield "products:  # what is sold; each has its own numbers"
    yield "  cd: {}  # TODO {upc: …, catalog_number: …}"
    yield "  digital: {}  # TODO {upc: …, catalog_number: …}"


def _guess(key: str, found: str, question: str) -> str:
    if found:
        return f"  {key}: {quoted(found)}  # from the folder's name or the files'"
    return f"  {key}: TODO {key}  # TODO {question}"


def _rates(songs: Sequence[_Song]) -> str:
    counts = Counter(_known(song).sample_rate_hz for song in songs)
    found = ", ".join(
        f"{_plural(count, 'mix', 'mixes')} at {_khz(rate_hz)}"
        for rate_hz, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )
    return f"{found}; auto: that of most of the playing time"


def _proposal_lines(preset: str) -> Iterator[str]:
    yield ""
    yield "# Proposals: strike out what you do not want, it is then not done."
    yield from preset.splitlines()
    yield "defaults: {gap: 2 s}"


def _track_lines(song: _Song, earlier_takes: Sequence[_Song]) -> Iterator[str]:
    yield f"  {quoted(song.id)}:  # {_summary(_known(song))}"
    yield f"    title: {quoted(song.title)}"
    yield f"    mix: {quoted(song.mix)}"
    if earlier_takes:
        yield "    # TODO several takes of one song: is this the one? The others:"
        yield from (f"    # mix: {quoted(take.mix)}" for take in earlier_takes)
    yield "    # isrc: TODO"
    yield from (f"    # {remark}" for remark in song.remarks)


def _told_lines(song: _Song, before: _Song | None, answers: Answers) -> Iterator[str]:
    neighbour = Neighbour(before.id, _known(before)) if before else None
    for line in answers.track_lines(song.path.name, _known(song), neighbour):
        yield f"    {line}"


def _summary(header: MixHeader) -> str:
    rate, depth = _khz(header.sample_rate_hz), codec_name(header)
    return f"{_clock(header.duration_s)}, {rate}, {depth}"


def _refused_lines(song: _Song) -> Iterator[str]:
    yield f"  # TODO left out: {escaped(song.path.name)} {escaped(song.refusal)}"


def _deliverable_lines(songs: Sequence[_Song]) -> Iterator[str]:
    minutes = sum(_known(song).duration_s for song in songs) / 60
    fits = minutes <= CD_MINUTES and len(songs) <= CD_TRACKS
    yield "deliverables:"
    if not fits:
        yield f"  # TODO too long for one CD: {minutes:.0f} min, {len(songs)} tracks"
    yield f"  {'' if fits else '# '}cd: {{kind: cd_image, product: cd}}"
    yield "  stores: {kind: files, product: digital, format: flac, bits: 24}"
    yield "  promo: {kind: files, product: digital, format: mp3, kbps: 320}"


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _khz(rate_hz: int) -> str:
    return f"{rate_hz / 1000:g} kHz"


def _clock(duration_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes}:{seconds:02}"
