"""A first `album.yaml` from a folder of mixes: what can be known, proposals, open questions."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.intake.decode import MixHeader, SourceReader
from pipeline.intake.probe import codec_name
from pipeline.intake.titles import clean, natural_key, read_names

# Those that cannot be used are here too: `init` says why instead of passing over them.
_READ = {".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".flac"}
_LOSSY = {".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".wma"}
_NOT_READ = {".alac", ".ape", ".wv", ".dsf", ".dff"}
AUDIO_SUFFIXES = frozenset(_READ | _LOSSY | _NOT_READ)
CD_MINUTES = 79.95  # 79:57 is what most plants take without asking
CD_TRACKS = 99  # IEC 60908
_FOLDERS = {"audio", "files", "music", "songs", "tracks", "wav", "wavs"}
_FOLDERS |= {"bounces", "export", "exports", "masters", "mixdowns", "mixes"}
_ID_LENGTH = 64
_DEVICE = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # Windows opens no folder of these names
_PLAIN = re.compile(r"[^\W\d_](?:[\w ,.()&'’+/-]*[\w.)])?")
_YAML_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}


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


def scaffold(folder: Path, *, spec_folder: Path | None = None) -> str:
    """Return a commented `album.yaml` for the mixes in a folder; nothing is written.

    Parameters
    ----------
    folder : Path
        Holds the mixes; what lies in folders below it is left alone.
    spec_folder : Path, optional
        Where the spec will be written, to which its paths are relative; `folder` if absent.

    Returns
    -------
    str
        YAML that loads as it stands. What only people can know stands in lines marked TODO.

    Raises
    ------
    SourceError
        If the folder cannot be read or has no mix in it.
    """
    paths = _mixes(folder)
    artist, album = _artist_and_album(folder)
    songs = _songs(paths, base=spec_folder or folder, known=(artist, album))
    artist = artist or next((song.artist for song in songs if song.artist), "")
    usable = [song for song in songs if not song.refusal]
    if not usable:
        refusals = "; ".join(f"{song.path.name} {song.refusal}" for song in songs)
        raise SourceError(str(folder), f"has no mix that can be used: {refusals}")
    chosen, takes = _choose_takes(usable)
    tracks = _with_remarks(_with_ids(sorted(chosen, key=_running_order)))
    lines = [
        *_album_lines(artist, album, tracks),
        *_proposal_lines(),
        "",
        "tracks:  # key = permanent id, order = running order",
        *(line for song in tracks for line in _track_lines(song, takes.get(song.path, ()))),
        *(line for song in songs if song.refusal for line in _refused_lines(song)),
        "",
        *_deliverable_lines(tracks),
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a YAML scalar that means exactly this text."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _YAML_WORDS:
        return text
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    """Escape what YAML does not allow as it is, in a double-quoted scalar or a comment."""
    return "".join(each if _fits_on_a_line(each) else f"\\U{ord(each):08x}" for each in text)


def _fits_on_a_line(letter: str) -> bool:
    """Whether a character may stand in a text of the spec; what joins emoji may."""
    is_mark = letter in "\ufeff\ufffe\uffff"  # of byte order, and no characters at all
    return unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp") and not is_mark


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
    name = clean(_one_line(place.name.replace("_", " "))) if place.name else ""
    artist, dash, album = name.partition(" - ")
    return (artist.strip(), album.strip()) if dash and album.strip() else ("", name)


def _is_container(name: str) -> bool:
    words = re.split(r"[\s_-]+", name.casefold())
    return words[-1] in _FOLDERS and (len(words) == 1 or words[0] in ("final", "the"))


def _songs(paths: Sequence[Path], *, base: Path, known: Iterable[str]) -> list[_Song]:
    named = read_names([_one_line(path.stem) for path in paths], known=known)
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
    if not all(map(_fits_on_a_line, mix)) or "\\" in mix or mix != mix.strip():
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


def _one_line(text: str) -> str:
    """Return a text that a title may be: no control characters, no halves of characters."""
    shown = "".join(each if _fits_on_a_line(each) else " " for each in text)
    return " ".join(unicodedata.normalize("NFC", shown).split())


def _running_order(song: _Song) -> tuple[bool, tuple[int, ...], tuple[tuple[int, str], ...]]:
    return (not song.order, song.order, natural_key(song.path.name))


def _choose_takes(songs: Sequence[_Song]) -> tuple[list[_Song], dict[Path, list[_Song]]]:
    """Keep the last take of each song, by name; takes share title and place in the order."""
    chosen: dict[object, _Song] = {}
    others: dict[Path, list[_Song]] = {}
    for song in songs:
        key = (song.song_key, song.order)
        earlier = chosen.get(key)
        if earlier is not None:
            others[song.path] = [*others.pop(earlier.path, ()), earlier]
        chosen[key] = song
    return list(chosen.values()), others


def _with_ids(songs: Iterable[_Song]) -> list[_Song]:
    taken: set[str] = set()
    named = []
    for number, song in enumerate(songs, start=1):
        stem = _slug(song.title) or f"track-{number:02}"
        candidates = (stem, *(f"{stem}-{count}" for count in range(2, CD_TRACKS * 100)))
        song_id = next(each for each in candidates if each not in taken)
        taken.add(song_id)
        named.append(replace(song, id=song_id))
    return named


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"['`]", "", plain)
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[: _ID_LENGTH - 8].strip("-")
    return f"{slug}-song" if _DEVICE.fullmatch(slug) else slug


def _with_remarks(songs: Sequence[_Song]) -> list[_Song]:
    titles = Counter(song.song_key for song in songs)
    places = Counter(song.order for song in songs if song.order)
    usual_hz = _usual_rate_hz(songs)
    return [
        replace(song, remarks=tuple(_remarks(song, titles, places, usual_hz=usual_hz)))
        for song in songs
    ]


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


def _album_lines(artist: str, album: str, songs: Sequence[_Song]) -> Iterator[str]:
    total_s = sum(_known(song).duration_s for song in songs)
    yield "# What Glassmaster does with your mixes: only what is written here is done."
    yield "# Look through the lines marked TODO; then: glassmaster check, glassmaster build"
    yield f"# {_plural(len(songs), 'track')}, {_clock(total_s)} without gaps"
    yield ""
    yield "album:"
    yield _guess("title", album, "what is the record called?")
    yield _guess("artist", artist, "who made it?")
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


def _proposal_lines() -> Iterator[str]:
    yield ""
    yield "# Proposals: strike out what you do not want, it is then not done."
    yield "level: {match: loud_passages, at: -10 LUFS}  # or integrated, keep, off"
    yield "limiter: {ceiling: -1 dBTP, max_reduction: 4 dB}"
    yield "defaults: {gap: 2 s}"


def _track_lines(song: _Song, earlier_takes: Sequence[_Song]) -> Iterator[str]:
    header = _known(song)
    depth = codec_name(header)
    summary = f"{_clock(header.duration_s)}, {_khz(header.sample_rate_hz)}, {depth}"
    yield f"  {quoted(song.id)}:  # {summary}"
    yield f"    title: {quoted(song.title)}"
    yield f"    mix: {quoted(song.mix)}"
    if earlier_takes:
        yield "    # TODO several takes of one song: is this the one? The others:"
        yield from (f"    # mix: {quoted(take.mix)}" for take in earlier_takes)
    yield "    # isrc: TODO"
    yield from (f"    # {remark}" for remark in song.remarks)


def _refused_lines(song: _Song) -> Iterator[str]:
    yield f"  # TODO left out: {_escaped(song.path.name)} {_escaped(song.refusal)}"


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
