"""The command: arguments in, words and an exit status out; no logic of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import cli_ddp

if TYPE_CHECKING:
    from pipeline.build import Built, Settings
    from pipeline.build.check import CheckedAlbum
    from pipeline.findings import Finding
    from pipeline.measure.files import Measured
    from pipeline.verify.runner import Verdict

OUR_BUG = 70
INTERRUPTED = 130
_STOPPED = "stopped; what is finished is kept, run it again to go on"

app = typer.Typer(
    name="glassmaster",
    help="One album.yaml becomes a mastered, matched and verified record.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
store_app = typer.Typer(help="What the store beside the spec holds.", no_args_is_help=True)
app.add_typer(store_app, name="store")
app.add_typer(cli_ddp.app, name="ddp")

SpecFile = Annotated[
    Path, typer.Option("--file", "-f", help="The spec.", metavar="FILE", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=1, max=64, help="Steps side by side; default: cores.")
]
Rehash = Annotated[
    bool, typer.Option("--rehash", help="Read every byte instead of trusting sizes and times.")
]
_SPEC = Path("album.yaml")
_CORES = os.cpu_count() or 2


@app.command(epilog="Example: glassmaster init mixes")
def init(
    mixes: Annotated[
        Path | None, typer.Argument(help="Folder of the mixes.", metavar="MIXES")
    ] = None,
    file: SpecFile = _SPEC,
    *,
    intake_sheet: Annotated[
        bool,
        typer.Option(
            "--intake-sheet",
            help="Write a form for the mix engineer instead, of MIXES or of the spec.",
        ),
    ] = False,
    from_sheet: Annotated[
        Path | None,
        typer.Option("--from-sheet", help="The form as it came back.", metavar="SHEET"),
    ] = None,
    preset: Annotated[
        str,
        typer.Option("--preset", help="How to master it: a name, or a file of your own."),
    ] = "proposed",
    from_disc: Annotated[
        Path | None,
        typer.Option(
            "--from-ddp",
            "--from-cue",
            help="Adopt a finished disc: a DDP folder, a cue sheet or a TOC file.",
            metavar="DISC",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a commented album.yaml from a folder of mixes; never overwrites one."""
    from pipeline.build.beginning import begin_sheet, begin_spec

    if from_disc is not None:
        _adopt(from_disc, file, mixes, quiet=quiet)
        return
    if intake_sheet:
        sheet = begin_sheet(mixes, file)
        _say(f"{sheet}: send it to whoever mixed the record; when it is back:", quiet=quiet)
        _say(f"glassmaster init MIXES --from-sheet {sheet}", quiet=quiet)
        return
    for problem in begin_spec(mixes, file, from_sheet, preset=preset):
        print(problem, file=sys.stderr)
    _say(f"{file}: read it, answer its TODO lines, then run: glassmaster check", quiet=quiet)


def _adopt(disc: Path, file: Path, mixes: Path | None, *, quiet: bool) -> None:
    from pipeline.discs.adopt import adopt
    from pipeline.discs.source import open_disc
    from pipeline.errors import UsageError

    if mixes is not None:
        raise UsageError("a disc is adopted without a folder of mixes", f"leave out {mixes}")
    masters = adopt(open_disc(disc), file)
    _say(f"{file}: {len(masters)} masters beside it in {masters[0].parent.name}", quiet=quiet)
    _say("answer its TODO lines, then run: glassmaster build", quiet=quiet)


@app.command(epilog="Example: glassmaster preset warm")
def preset(
    name: Annotated[str | None, typer.Argument(help="All are listed if none is named.")] = None,
) -> None:
    """Print a preset: lines for album.yaml, which init --preset writes."""
    from pipeline.spec.presets import preset_names, preset_summary, preset_text

    if name is not None:
        print(preset_text(name), end="")
        return
    for each in preset_names():
        print(f"{each:12} {preset_summary(each)}")


@app.command(epilog="Example: glassmaster check -f album.yaml")
def check(
    file: SpecFile = _SPEC,
    *,
    show_all: Annotated[
        bool, typer.Option("--all", help="Say everything; else what matters most.")
    ] = False,
    mastered: Annotated[
        bool,
        typer.Option("--mastered", help="Master the tracks too; say what that did."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read the spec and every mix; say what is wrong with them, on a page too."""
    from pipeline.build.check import check_album
    from pipeline.tell import teller

    done = check_album(
        file,
        settings=_settings(),
        teller=teller(quiet=quiet or as_json),
        mastered=mastered,
    )
    findings = done.checked.findings
    if as_json:
        _print_json(done.checked.to_json())
    elif quiet:
        _say_findings(findings, quiet=True)
    else:
        _say_checked(done, show_all=show_all)
    raise typer.Exit(1 if any(each.blocks_release for each in findings) else 0)


@app.command(epilog="Example: glassmaster suggest --dry-run")
def suggest(
    file: SpecFile = _SPEC,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be put in; write nothing.")
    ] = False,
    jobs: Jobs = _CORES,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put small corrections into the spec, each a line with its reason, to be struck out."""
    from pipeline.build.suggesting import suggest as suggest_lines
    from pipeline.tell import teller

    suggested = suggest_lines(
        file,
        dry_run=dry_run,
        settings=_settings(jobs=jobs),
        teller=teller(quiet=quiet or as_json),
    )
    if as_json:
        _print_json(suggested.to_json())
        return
    for line in suggested.diff if quiet else suggested.lines():
        print(line)  # what is put into a spec is said even to those who want it quiet


@app.command(epilog="Example: glassmaster plan cd")
def plan(
    deliverables: Annotated[
        list[str] | None, typer.Argument(help="All if none is named.")
    ] = None,
    file: SpecFile = _SPEC,
    *,
    rehash: Rehash = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what a build would do, every dB it would change, and why each step must run."""
    from pipeline.build.planning import plan_album
    from pipeline.tell import teller

    planned = plan_album(
        file,
        tuple(deliverables or ()),
        settings=_settings(rehash=rehash),
        teller=teller(quiet=quiet or as_json),
    )
    if as_json:
        _print_json(planned.to_json())
        return
    for line in planned.lines():
        _say(line, quiet=quiet)
    _say_findings(planned.findings, quiet=quiet)


@app.command(epilog="Example: glassmaster build cd lossless")
def build(
    deliverables: Annotated[
        list[str] | None, typer.Argument(help="All if none is named.")
    ] = None,
    file: SpecFile = _SPEC,
    *,
    jobs: Jobs = _CORES,
    proof: Annotated[
        bool, typer.Option("--proof", help="Render just the seams, to hear at once.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Move outputs that you edited aside, and go on."),
    ] = False,
    rehash: Rehash = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Master, assemble, deliver, verify and report; only what changed is made again."""
    from pipeline.build import build_album
    from pipeline.build.proof import proof_album
    from pipeline.tell import teller

    settings = _settings(jobs=jobs, rehash=rehash, overwrite=overwrite)
    tell = teller(quiet=quiet or as_json)
    names = tuple(deliverables or ())
    if proof:
        seams = proof_album(file, names, settings=settings, teller=tell)
        if as_json:
            _print_json({"seams": [str(path) for path in seams]})
        for path in seams:
            _say(str(path), quiet=quiet or as_json)
        return
    built = build_album(file, names, settings=settings, teller=tell)
    if as_json:
        from pipeline.report.data import to_json

        _print_json(to_json(built.report))
    else:
        _say_build(built, quiet=quiet)
    raise typer.Exit(0 if built.report.is_released else 1)


@app.command(epilog="Example: glassmaster relock undertow --dry-run")
def relock(
    tracks: Annotated[list[str] | None, typer.Argument(help="Track ids; all if none.")] = None,
    file: SpecFile = _SPEC,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; write nothing.")
    ] = False,
    jobs: Jobs = _CORES,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Decide again what the lock froze."""
    from pipeline.build.relocking import relock_album
    from pipeline.tell import teller

    relocked = relock_album(
        file,
        tuple(tracks or ()),
        dry_run=dry_run,
        settings=_settings(jobs=jobs),
        teller=teller(quiet=quiet or as_json),
    )
    if as_json:
        _print_json(relocked.to_json())
        return
    for line in relocked.lines():
        _say(line, quiet=quiet)


@app.command(epilog="Example: glassmaster verify out/cd")
def verify(
    paths: Annotated[list[Path], typer.Argument(help="Folders of deliverables.")],
    *,
    jobs: Jobs = _CORES,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Reopen deliverables and check every byte and sample of them, without the spec."""
    from pipeline.verify.runner import verify_folder

    verdicts = [verify_folder(path, jobs=jobs) for path in paths]
    if as_json:
        _print_json([verdict.to_json() for verdict in verdicts])
    else:
        for verdict in verdicts:
            _say_verdict(verdict, quiet=quiet)
    raise typer.Exit(0 if all(verdict.is_released for verdict in verdicts) else 1)


@app.command(epilog="Example: glassmaster measure --album masters/*.wav")
def measure(
    files: Annotated[list[Path], typer.Argument(help="Audio, or films with sound.")],
    *,
    album: Annotated[
        bool, typer.Option("--album", help="Also take the files together, as one programme.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Loudness and peaks only, in a third of the time.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw loudness over time into an SVG file.", metavar="SVG"),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line a file.")] = False,
    curves: Annotated[
        bool, typer.Option("--curves", help="Put what changes over time into the JSON.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, help="Files side by side.")
    ] = _CORES,
    as_json: AsJson = False,
) -> None:
    """Measure loudness, peaks, dynamics, stereo and spectrum of any files."""
    from pipeline.errors import SourceError, UsageError
    from pipeline.measure.files import Wish, measure_files

    if as_csv and as_json:
        raise UsageError("--json and --csv both print on standard output", "leave one out")
    if curves and not as_json:
        raise UsageError("--curves is for JSON, where there is room for them", "add --json")
    wish = Wish(is_quick=quick, with_curves=curves, with_album=album)
    measured = measure_files(files, wish, jobs=jobs)
    if plot and measured.files:
        from formats.atomic import write_atomically
        from pipeline.measure.plot import plot_svg

        write_atomically(plot, plot_svg(measured.files).encode())
    if as_json:
        _print_json(measured.to_json())
    else:
        _say_measured(measured, as_csv=as_csv)
    if measured.problems:
        _fail("\n".join(str(each) for each in measured.problems), SourceError.exit_code)


@app.command(epilog="Example: glassmaster schema > album.schema.json")
def schema() -> None:
    """Print the JSON Schema of album.yaml, for editors."""
    from pipeline.master.registry import parameters
    from pipeline.spec.schema import json_schema

    _print_json(json_schema(parameters()))


@store_app.command("size", epilog="Example: glassmaster store size")
def store_size(
    file: SpecFile = _SPEC, *, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """Say how much the store holds, and how much of it the last builds need."""
    from dataclasses import asdict

    from pipeline.build.storing import store_size_of

    size = store_size_of(file)
    if as_json:
        _print_json(asdict(size))
        return
    _say(
        f"{size.n_objects} results, {_megabytes(size.size_bytes)}; the last builds need "
        f"{size.needed_objects} of them, {_megabytes(size.needed_bytes)}",
        quiet=quiet,
    )


@store_app.command("prune", epilog="Example: glassmaster store prune --budget 2000")
def store_prune(
    file: SpecFile = _SPEC,
    *,
    budget_mb: Annotated[
        int, typer.Option("--budget", min=0, help="Megabytes to keep at most, if possible.")
    ] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Remove results that the last builds do not need."""
    from dataclasses import asdict

    from pipeline.build.storing import prune_store_of

    pruned = prune_store_of(file, budget_bytes=budget_mb * 1_000_000)
    if as_json:
        _print_json(asdict(pruned))
        return
    _say(
        f"removed {pruned.n_objects} results, {_megabytes(pruned.freed_bytes)}; "
        f"{_megabytes(pruned.left_bytes)} are left",
        quiet=quiet,
    )


def main() -> None:
    """Run the command; whatever a user can cause ends in a sentence, never in a traceback."""
    from formats.errors import FormatError, ToolError
    from pipeline.errors import PipelineError, ProcessingError

    try:
        app(standalone_mode=True)
    except PipelineError as error:
        _fail(str(error), error.exit_code)
    except ToolError as error:
        _fail(f"{error}" + (f"\n  hint: {error.hint}" if error.hint else ""), 4)
    except FormatError as error:
        _fail(str(error), ProcessingError.exit_code)
    except KeyboardInterrupt:
        _fail(_STOPPED, INTERRUPTED)
    except SystemExit as ended:  # typer makes this of Ctrl-C, without a word
        if ended.code != INTERRUPTED:
            raise
        _fail(_STOPPED, INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:  # wherever it met us: the disk is full, or may not be written
        from pipeline.engine.copies import disk_error

        told = disk_error(Path(error.filename or "."), error)
        _fail(str(told), told.exit_code)
    except Exception:  # the process boundary: a bug of ours is told as one
        traceback.print_exc()
        _fail(
            "this is a bug of Glassmaster, not of yours: please report the lines above", OUR_BUG
        )


def _fail(text: str, status: int) -> None:
    print(text, file=sys.stderr)
    raise SystemExit(status)


def _settings(*, jobs: int = _CORES, rehash: bool = False, overwrite: bool = False) -> Settings:
    from pipeline.build.session import Settings

    return Settings(jobs=jobs, rehash=rehash, overwrite=overwrite)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        print(text)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))


def _say_findings(findings: tuple[Finding, ...], *, quiet: bool) -> None:
    for finding in sorted(findings, key=lambda each: each.severity.rank):
        if quiet and not finding.blocks_release:
            continue
        print(finding_line(finding))


def finding_line(finding: Finding) -> str:
    """Return a finding as one paragraph."""
    place = f"{finding.track}: " if finding.track else ""
    line = f"{finding.severity.upper():5} {place}{finding.message} [{finding.check}]"
    if finding.action:
        line += f"\n      {finding.action}"
    if finding.waived:
        line += f"\n      waived: {finding.waived}"
    if finding.loosened:
        line += f"\n      loosened by {finding.loosened}"
    return line


def _say_checked(done: CheckedAlbum, *, show_all: bool) -> None:
    from pipeline.report.screen import screen

    width = shutil.get_terminal_size((100, 24)).columns
    for line in screen(done.checked, width=width, show_all=show_all):
        print(line)
    print(f"page to send on: {os.path.relpath(done.page)}")


def _say_build(built: Built, *, quiet: bool) -> None:
    report = built.report
    _say_findings(report.findings, quiet=quiet)
    for each in report.deliverables:
        place = os.path.relpath(built.folder / each.folder)
        _say(
            f"{place}: {each.format}, revision {each.revision}, {each.n_files} files, "
            f"{_megabytes(each.size_bytes)}, {each.status}; {len(each.checks)} checks",
            quiet=quiet,
        )
        _say_findings(each.findings, quiet=quiet)
    spent = ", ".join(
        f"{kind} {seconds:.1f} s" for kind, seconds in built.seconds.items() if seconds >= 0.05
    )
    if spent:
        _say(f"time spent in steps, side by side: {spent}", quiet=quiet)
    _say(f"report: {os.path.relpath(built.page)}", quiet=quiet)
    print(report.summary)


def _say_verdict(verdict: Verdict, *, quiet: bool) -> None:
    _say_findings(verdict.findings, quiet=quiet)
    for line in (*verdict.passed_lines(), *verdict.track_lines()):
        _say(line, quiet=quiet)
    print(verdict.sentence())
    for text in verdict.not_checked:
        _say(f"not checked: {text}", quiet=quiet)


def _say_measured(measured: Measured, *, as_csv: bool) -> None:
    from pipeline.measure.tables import csv_text, text_lines

    if as_csv:
        print(csv_text(measured.files), end="")
    else:
        for line in text_lines(measured.files, measured.album):
            print(line)


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


if __name__ == "__main__":
    main()
