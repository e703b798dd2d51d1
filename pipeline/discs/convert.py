"""A disc in another form: for a burner, for cdrdao, for a plant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from formats.charsets import Loss
from formats.ddp.export import EXPORTS, Exported
from formats.ddp.writer import DIALECTS, write_fileset
from formats.errors import EncodeError, FormatError
from pipeline.discs.source import DiscSource
from pipeline.errors import DeliveryError, UsageError

KINDS = (*EXPORTS, "ddp")


@dataclass(frozen=True, slots=True)
class Converted:
    """The files that were written, and in sentences what they do not tell of the disc."""

    files: tuple[Path, ...]
    lost: tuple[str, ...]


def convert(
    source: DiscSource, kind: str, folder: Path, *, dialect: str = "plant"
) -> Converted:
    """Write a disc in another form.

    Parameters
    ----------
    source : DiscSource
        The disc.
    kind : str
        One of `KINDS`.
    folder : Path
        Where to; made if it is not there.
    dialect : str
        Of a fileset: ``plant`` or ``cue2ddp``.

    Raises
    ------
    UsageError
        If there is no such kind or dialect, or a sheet should become another sheet.
    DeliveryError
        If the disc cannot be written so, or a file is there already.
    SourceError
        If its sound cannot be read.
    """
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no form of a disc", f"allowed: {', '.join(KINDS)}")
    if dialect not in DIALECTS:
        raise UsageError(f"{dialect!r} is no dialect", f"allowed: {', '.join(DIALECTS)}")
    try:
        if kind == "ddp":
            return _fileset(source, folder, dialect)
        if source.fileset is None:
            raise UsageError(
                f"{source.path} is a sheet already", "a sheet becomes a fileset: --to ddp"
            )
        return _exported(EXPORTS[kind](source.path, folder))
    except EncodeError as error:
        raise DeliveryError(str(folder), str(error), "choose another folder or form") from error
    except FormatError as error:
        raise DeliveryError(str(source.path), str(error)) from error
    except OSError as error:
        raise DeliveryError(str(folder), f"cannot be written: {error.strerror}") from error


def _fileset(source: DiscSource, folder: Path, dialect: str) -> Converted:
    written = write_fileset(
        folder, source.disc, source.whole_sound(), dialect=DIALECTS[dialect]
    )
    return Converted(tuple(folder / name for name in written.digests), ())


def _exported(exported: Exported) -> Converted:
    return Converted(exported.files, tuple(_sentences(exported.losses)))


def _sentences(losses: tuple[Loss, ...]) -> Iterator[str]:
    for loss in losses:
        if loss.written:
            yield f"{loss.field}: {loss.written!r} is written for {loss.text!r}"
        else:
            yield f"{loss.field}: {loss.text!r} has no place there"
