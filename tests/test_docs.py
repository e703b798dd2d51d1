"""The documents name every key, every command and every exit status, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from pipeline import errors
from pipeline.build.planning import Change, Handing
from pipeline.build.relocking import Relocked
from pipeline.cli import INTERRUPTED, OUR_BUG, app
from pipeline.dsp.meter import Measurement
from pipeline.engine import Pruned, StoreSize
from pipeline.findings import Finding
from pipeline.lock import Lock
from pipeline.manifest import Manifest
from pipeline.master.registry import parameters
from pipeline.measure.figures import AlbumFigures, FileFigures
from pipeline.papers.pqsheet import PqSheet
from pipeline.report.data import AlbumReport
from pipeline.report.intake import Checked
from pipeline.spec.lint import CHECKS
from pipeline.spec.schema import json_schema

ROOT = Path(__file__).parent.parent
# The heading in docs/json.md, and what is printed under it.
PRINTED: dict[str, tuple[type, ...]] = {
    "A **finding**": (Finding,),
    "## glassmaster check": (Checked,),
    "## glassmaster plan": (Change, Handing),
    "## glassmaster relock": (Relocked,),
    "## glassmaster verify": (Measurement,),
    "## glassmaster measure": (FileFigures, AlbumFigures),
    "## glassmaster store": (StoreSize, Pruned),
    "## out/reports/album.json": (AlbumReport,),
    "## out/DELIVERABLE/manifest.json": (Manifest,),
    "## out/DELIVERABLE/papers/pq-sheet.json": (PqSheet,),
    "## album.lock": (Lock,),
}
NOT_PRINTED = {"energies"}  # of a measurement: for pooling and for plots


@cache
def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """Return the text from a heading (or a paragraph) to the next of its level or above."""
    text = read(name)
    start = text.index(f"\n{heading}") + 1
    marks = heading.split()[0] if heading.startswith("#") else "##"
    after = re.search(rf"\n#{{1,{len(marks)}}} ", text[start + 1 :])
    return text[start : start + 1 + after.start()] if after else text[start:]


def keys_of(value: Any) -> Iterator[str]:
    """Yield the keys of a dataclass and of those it holds; findings have their own section."""
    for field, hint in get_type_hints(value).items():
        if field in {each.name for each in fields(value)} - NOT_PRINTED:
            yield field
            for inner in held(hint):
                yield from keys_of(inner)


def held(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and is_dataclass(hint) and hint is not Finding:
        yield hint
    for inner in get_args(hint):
        yield from held(inner)


@pytest.mark.parametrize("heading", PRINTED)
def test_every_key_that_is_printed_is_documented_where_it_is_printed(heading: str) -> None:
    text = section("docs/json.md", heading)
    keys = {key for each in PRINTED[heading] for key in keys_of(each)}
    assert not [key for key in sorted(keys) if f"`{key}`" not in text]


def models() -> dict[str, list[str]]:
    """Return the keys of each mapping of the spec, by its name in the schema."""
    schema = json_schema(parameters())
    named = {name: list(each.get("properties", ())) for name, each in schema["$defs"].items()}
    return {"album.yaml": list(schema["properties"])} | named


def heading_of(model: str) -> str:
    places = {
        "album.yaml": "## Top level", "AlbumInfo": "## album", "Product": "## products",
        "LevelAim": "## level", "LimiterSpec": "## limiter", "TrackSpec": "## tracks",
        "TrimSpan": "### trim", "FadeIn": "### fade_in", "FadeOut": "### fade_out",
        "Hidden": "### hidden", "ChainItem": "## chain", "MixPoint": "## chain",
        "HighPass": "### high_pass",
        "Band": "### eq", "Bell": "### eq", "Shelf": "### eq", "Tilt": "### eq",
        "Notch": "### eq", "LowPass": "### low_pass", "Compressor": "### compressor",
        "Phased": "### eq", "DynamicEq": "### dynamic_eq", "DynamicBand": "### dynamic_eq",
        "ResonanceTamer": "### resonance_tamer", "WidthBand": "### width",
        "MonoBass": "### mono_bass",
        "Width": "### width", "EditionSpec": "## editions", "CdImage": "### kind: cd_image",
        "Ddp": "### kind: ddp", "CdText": "### cd_text",
        "StartOffset": "### kind: cd_image",
        "LosslessFiles": "### kind: files, format: wav or flac",
        "Mp3Files": "### kind: files, format: mp3",
        "Deesser": "### deesser", "Multiband": "### multiband",
        "CompressorBand": "### multiband", "Saturation": "### saturation",
        "DcRemoval": "### dc_removal", "HumRemoval": "### hum_removal",
        "Declick": "### declick",
        "RidePoint": "### gain_ride",
        # The same keys as those of a track.
        "TrackChanges": "## tracks", "TrackDefaults": "## tracks",
    }  # fmt: skip
    return places[model]


@pytest.mark.parametrize("model", [name for name, keys in models().items() if keys])
def test_every_key_of_the_spec_is_explained_under_its_mapping(model: str) -> None:
    text = section("docs/album-yaml.md", heading_of(model))
    missing = [key for key in models()[model] if not re.search(rf"`{key}`|### {key}\b", text)]
    assert not missing


def test_no_key_is_explained_that_the_spec_does_not_have() -> None:
    known = {key for keys in models().values() for key in keys}
    explained = set(re.findall(r"^\| `(\w+)` \|", read("docs/album-yaml.md"), re.MULTILINE))
    assert explained <= known


def test_every_check_of_the_spec_is_named_where_intent_is_explained() -> None:
    text = section("docs/album-yaml.md", "### intent")
    assert not [each.id for each in CHECKS if f"`{each.id}`" not in text]


def commands(group: TyperGroup, before: str = "glassmaster") -> Iterator[str]:
    for name, each in group.commands.items():
        if isinstance(each, TyperGroup):
            yield from commands(each, f"{before} {name}")
        else:
            yield f"{before} {name}"


def the_command() -> TyperGroup:
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    return command


def test_the_readme_has_a_line_for_every_command_and_for_no_other() -> None:
    text = section("README.md", "## Commands")
    told = set(re.findall(r"^\| `(glassmaster [a-z]+(?: [a-z]+)?)", text, re.MULTILINE))
    assert told == set(commands(the_command()))


def test_the_readme_tells_every_exit_status() -> None:
    ours = {
        each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.PipelineError)
    }
    told = {int(n) for n in re.findall(r"^\| (\d+) \|", read("README.md"), re.MULTILINE)}
    assert told == ours | {0, OUR_BUG, INTERRUPTED}


def test_demo_and_test_stand_at_the_top_of_the_readme() -> None:
    lines = [line.strip() for line in read("README.md").splitlines()[1:6] if line.strip()]
    assert [line.split("#")[0].strip() for line in lines[:2]] == ["make demo", "make test"]


@pytest.mark.parametrize(
    "document", ["README.md", "docs/album-yaml.md", "docs/architecture.md", "docs/cd.md"]
)
def test_links_lead_somewhere(document: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", read(document))
    assert all((ROOT / document).parent.joinpath(each).exists() for each in targets)


def test_files_that_the_architecture_names_are_there() -> None:
    """A name in code signs that ends in .py is found in the tree under that very tail."""
    there = [
        path.as_posix()
        for top in ("pipeline", "formats")
        for path in (ROOT / top).rglob("*.py")
    ]
    named = re.findall(r"`((?:[\w]+/)*\w+\.py)`", read("docs/architecture.md"))
    absent = {"match/tone.py", "_kernels.py"}  # named as what is not there
    assert named
    assert not [
        name
        for name in set(named) - absent
        if not any(path.endswith(f"/{name}") for path in there)
    ]


def test_the_changelog_explains_audible_changes() -> None:
    text = read("CHANGELOG.md")
    assert "## [Unreleased]" in text
    assert "### Added" in text
    assert "### Audible changes" in text
