"""The commands for discs of any program: `glassmaster ddp`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="DDP filesets, ours or not; cue sheets and TOC files too.", no_args_is_help=True
)

Disc = Annotated[
    Path, typer.Argument(help="DDP folder, cue sheet or TOC file.", metavar="DISC")
]


@app.command(epilog="Example: glassmaster ddp info from-plant/DDP")
def info(
    disc: Disc,
    *,
    raw: Annotated[bool, typer.Option("--raw", help="Every field of the fileset.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON with stable keys.")
    ] = False,
) -> None:
    """Show what is on a disc: marks, codes, CD-Text, ids, and what contradicts itself."""
    from pipeline.discs.info import info_json, info_text, raw_json, raw_text
    from pipeline.discs.source import open_discs

    found = open_discs(disc)
    if as_json:
        shown = [raw_json(each) if raw else info_json(each) for each in found]
        print(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    print("\n".join(raw_text(each) if raw else info_text(each) for each in found), end="")
    if not raw:
        print("\nnot checked: sound and checksums; glassmaster verify does that")


@app.command(epilog="Example: glassmaster ddp extract from-plant/DDP tracks --format flac")
def extract(
    disc: Disc,
    out: Annotated[Path, typer.Argument(help="A new folder for the tracks.", metavar="OUT")],
    *,
    file_format: Annotated[str, typer.Option("--format", help="wav or flac.")] = "wav",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")] = False,
) -> None:
    """Write the tracks as tagged files, and a cue sheet; joined they are the disc."""
    from pipeline.discs.extract import extract as extract_tracks
    from pipeline.discs.source import open_disc

    written = extract_tracks(open_disc(disc), out, file_format=file_format)
    for path in (*written.tracks, written.sheet):
        if not quiet:
            print(path)


@app.command(epilog="Example: glassmaster ddp convert disc.cue for-plant --to ddp")
def convert(
    disc: Disc,
    out: Annotated[Path, typer.Argument(help="Folder for the files.", metavar="OUT")],
    *,
    to: Annotated[str, typer.Option("--to", help="cue, toc, wav+cue or ddp.")],
    dialect: Annotated[
        str, typer.Option("--dialect", help="Of a fileset: plant or cue2ddp.")
    ] = "plant",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")] = False,
) -> None:
    """Write a disc in another form, and say what that form cannot hold."""
    from pipeline.discs.convert import convert as convert_disc
    from pipeline.discs.source import open_disc

    written = convert_disc(open_disc(disc), to, out, dialect=dialect)
    for path in written.files:
        if not quiet:
            print(path)
    for sentence in written.lost:
        print(f"lost: {sentence}")
