"""A finished disc becomes an album: its tracks as masters that nothing touches, and a spec."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from formats.atomic import write_atomically
from formats.cdtime import PREGAP_SECTORS
from formats.disc import Disc, DiscTrack, Texts
from formats.errors import EncodeError, FormatError
from formats.filenames import safe_filename, unique_names
from formats.identifiers import normalise_ean, normalise_isrc
from pipeline.discs.cutting import Cutter, write_wav
from pipeline.discs.source import DiscSource
from pipeline.errors import DeliveryError, SourceError, UsageError
from pipeline.intake.titles import track_ids
from pipeline.intake.yaml_text import escaped, one_line, quoted

MASTERS = "masters"


@dataclass(frozen=True, slots=True)
class _Song:
    """A track as it is cut: what sounds of it, and the silence that is left out before it."""

    track: DiscTrack
    texts: Texts
    begin_sector: int
    end_sector: int
    gap_sectors: int = 0
    pause_sectors: int = 0

    @property
    def n_sectors(self) -> int:
        return self.end_sector - self.begin_sector


def adopt(source: DiscSource, spec: Path) -> tuple[Path, ...]:
    """Write a spec for a finished disc, and its tracks as masters beside it.

    Parameters
    ----------
    source : DiscSource
        The disc.
    spec : Path
        The spec to be written; the masters come into a folder beside it.

    Returns
    -------
    tuple of Path
        The masters.

    Raises
    ------
    UsageError
        If the spec or a folder of masters is there already.
    SourceError
        If the sound cannot be read, or the disc contradicts itself.
    DeliveryError
        If the disk refuses.

    Notes
    -----
    A pause of digital silence becomes a gap; one in which something sounds stays at the end of
    the track before, and its mark is written as `pause`. So a CD that is built of the album has
    the samples and the marks of the disc it came from.
    """
    folder = spec.absolute().parent / MASTERS
    for path in (spec, folder):
        if path.exists():
            raise UsageError(
                f"{path} is there already", "name another with -f, or move it away"
            )
    staged = folder.with_name(f".{MASTERS}.part")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        songs = list(_songs(source))
        names = _names(songs)
        staged.mkdir(parents=True)
        _write_masters(source, songs, staged, names)
        staged.rename(folder)
        write_atomically(spec, "\n".join(_lines(source, songs, names)).encode() + b"\n")
    except EncodeError as error:
        raise SourceError(str(source.path), f"cannot be taken apart: {error}") from error
    except OSError as error:
        raise DeliveryError(str(folder), f"cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return tuple(folder / name for name in names)


def _songs(source: DiscSource) -> Iterator[_Song]:
    """Yield what is before track 1, and the tracks, cut where their sound begins and ends."""
    disc = source.disc
    starts = [track.start_sector for track in disc.tracks]
    pauses = [track.pause_sector for track in disc.tracks[1:]]
    ends = [*starts[1:], disc.lead_out_sector]
    for track, end in zip(disc.tracks, ends, strict=True):
        if end <= track.start_sector:
            place = f"track {track.number:02d}"
            raise EncodeError(place, "no sound", "must end behind its start")
    silent = _silent_pauses(source)
    said = disc.cd_text[0].tracks if disc.cd_text else (Texts(),) * len(starts)
    if starts[0] > PREGAP_SECTORS:
        yield _Song(DiscTrack(0, ()), Texts(), PREGAP_SECTORS, starts[0])
    for at, (track, texts) in enumerate(zip(disc.tracks, said, strict=True)):
        after = pauses[at] if at < len(pauses) else None
        end = after if after is not None and after in silent else ends[at]
        pause = track.pause_sector if at else None
        length = 0 if pause is None else track.start_sector - pause
        is_gap = pause in silent
        yield _Song(
            track,
            texts,
            track.start_sector,
            end,
            gap_sectors=length if is_gap else 0,
            pause_sectors=0 if is_gap else length,
        )


def _silent_pauses(source: DiscSource) -> set[int | None]:
    """Return where pauses begin that are digital silence, those of track 1 left out."""
    sound, at, silent = Cutter(source.sound()), PREGAP_SECTORS, set[int | None]()
    for track in source.disc.tracks[1:]:
        if track.pause_sector is None:
            continue
        for _ in sound.take(track.pause_sector - at):
            pass
        if sound.is_silent(track.start_sector - track.pause_sector):
            silent.add(track.pause_sector)
        at = track.start_sector
    sound.finish()
    return silent


def _names(songs: Sequence[_Song]) -> list[str]:
    stems = [safe_filename(f"{each.track.number:02d} {_title(each)}") for each in songs]
    return [f"{stem}.wav" for stem in unique_names(stems)]


def _write_masters(
    source: DiscSource, songs: Sequence[_Song], folder: Path, names: Sequence[str]
) -> None:
    sound, at = Cutter(source.sound()), PREGAP_SECTORS
    for song, name in zip(songs, names, strict=True):
        for _ in sound.take(song.begin_sector - at):
            pass  # a gap: it is silent
        write_wav(folder / name, sound.take(song.n_sectors), n_sectors=song.n_sectors)
        at = song.end_sector
    sound.finish()


def _title(song: _Song) -> str:
    number = song.track.number
    return one_line(song.texts.title) or (f"Track {number:02d}" if number else "Hidden")


# --- The spec --------------------------------------------------------------------------------


def _lines(source: DiscSource, songs: Sequence[_Song], names: Sequence[str]) -> Iterator[str]:
    disc = source.disc
    said = disc.cd_text[0].disc if disc.cd_text else Texts()
    yield f"# A finished record, adopted from {escaped(source.path.name)} ({source.form})."
    yield "# Nothing of its sound is touched: a CD built of it has the samples and the marks of"
    yield "# that disc."
    yield from (f"# TODO {escaped(loss)}" for loss in _losses(disc))
    yield ""
    yield "album:"
    yield _told("title", said.title, "what is the record called?")
    yield _told("artist", said.performer, "who made it?")
    yield "  # label: TODO"
    yield "  # release_date: TODO  # YYYY-MM-DD"
    yield "  # artwork: TODO  # a square PNG or JPEG, relative to this file"
    yield ""
    yield "products:"
    yield "  cd:"
    yield from _codes(disc)
    yield ""
    yield "defaults: {gap: 0 s}  # silences are in the masters, or written with the track"
    yield "tracks:"
    ids = track_ids([_title(each) for each in songs])
    for at, (song, name, track_id) in enumerate(zip(songs, names, ids, strict=True)):
        after = ids[at + 1] if at + 1 < len(ids) else ""
        yield from _track_lines(song, name, track_id, said.performer, after=after)
    yield ""
    yield "deliverables:"
    copying = _copying(disc)
    rest = f"copying: {copying}, " if copying != "prohibited" else ""
    yield f"  plant: {{kind: ddp, product: cd, {rest}end_silence: 0 s}}"
    yield "  cd: {kind: cd_image, product: cd, end_silence: 0 s}"
    yield "  stores: {kind: files, product: cd, format: flac, bits: 16}"


def _told(key: str, found: str, question: str) -> str:
    if text := one_line(found):
        return f"  {key}: {quoted(text)}"
    return f"  {key}: TODO {key}  # TODO {question}"


def _codes(disc: Disc) -> Iterator[str]:
    upc = _valid(normalise_ean, disc.catalog)
    if upc:
        yield f"    upc: {upc}"
    elif disc.catalog:
        yield f"    # TODO upc: {escaped(disc.catalog)}  # so on the disc; no barcode"
    else:
        yield "    # upc: TODO"
    if disc.master_id:
        yield f"    catalog_number: {quoted(disc.master_id)}"
    else:
        yield "    # catalog_number: TODO"


def _valid(normalise: Callable[[str], str], code: str) -> str:
    try:
        return normalise(code) if code else ""
    except FormatError:
        return ""


def _track_lines(
    song: _Song, name: str, track_id: str, album_artist: str, *, after: str
) -> Iterator[str]:
    yield f"  {quoted(track_id)}:"
    yield f"    title: {quoted(_title(song))}"
    artist = one_line(song.texts.performer)
    if artist and artist != one_line(album_artist):
        yield f"    artist: {quoted(artist)}"
    yield f"    master: {quoted(f'{MASTERS}/{name}')}"
    track = song.track
    if isrc := _valid(normalise_isrc, track.isrc):
        yield f"    isrc: {isrc}"
    elif track.isrc:
        yield f"    # TODO isrc: {escaped(track.isrc)}  # so on the disc; no ISRC"
    if song.gap_sectors:
        yield f"    gap: {song.gap_sectors} sectors"
    if song.pause_sectors:
        yield f"    pause: {song.pause_sectors} sectors  # something sounds in it"
    inside = [each.sector - song.begin_sector for each in track.indexes if each.number > 1]
    if inside:
        yield f"    indexes: [{', '.join(f'{each} sectors' for each in inside)}]"
    if track.has_pre_emphasis:
        yield "    pre_emphasis: yes"
    if not track.number:
        yield f"    hidden: {{before: {quoted(after)}, silence: 0 s}}"
        yield "    intent: {silent: what lies before track 1 stays as it is}"


def _copying(disc: Disc) -> str:
    if all(each.is_copy_permitted for each in disc.tracks):
        return "permitted"
    return "once" if all(each.scms for each in disc.tracks) else "prohibited"


def _losses(disc: Disc) -> Iterator[str]:
    """Yield what the disc says and a spec cannot."""
    flags = {(each.is_copy_permitted, each.scms) for each in disc.tracks}
    if len(flags) > 1:
        yield "its tracks have copy flags that differ; a disc has the same on all here"
    if disc.first_track != 1:
        yield f"its first track has the number {disc.first_track}; here it is 1"
    for block in disc.cd_text[1:]:
        yield f"its CD-Text in language {block.language} is left out"
    kinds = ("songwriter", "composer", "arranger", "message")
    texts = [text for block in disc.cd_text[:1] for text in (block.disc, *block.tracks)]
    lost = [kind for kind in kinds if any(getattr(each, kind) for each in texts)]
    if lost:
        yield f"its CD-Text names {', '.join(lost)}, which is left out"
