"""`album.yaml.example` shows every key that works, and loads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, RootModel

from formats.identifiers import normalise_ean
from pipeline.assemble.takes import has_hidden_first
from pipeline.build.session import check_names
from pipeline.master.registry import parameters
from pipeline.spec.editions import resolve
from pipeline.spec.loader import LoadedSpec, load
from pipeline.spec.located import KeyPath, Node, compose
from pipeline.spec.model import (
    AlbumSpec,
    CdImage,
    ChainItem,
    Ddp,
    LosslessFiles,
    Mp3Files,
    Routing,
    keys_of,
)
from pipeline.spec.schema import json_schema

EXAMPLE = Path(__file__).parent.parent / "album.yaml.example"
TEXT = EXAMPLE.read_text(encoding="utf-8")

# Keys that exclude one that is live; each stands in a remark with its reason.
EXCLUDED = {("TrackSpec", "master"), ("Hidden", "before"), ("Width", "amount")}
# Kinds share keys; what one of them shows need not be shown again.
KINDS = ("CdImage", "Ddp", "LosslessFiles", "Mp3Files")
# What each song, product, band, deliverable needs, and so cannot stand once.
REPEATED = {
    ("TrackSpec", "title"), ("TrackSpec", "mix"), ("TrackSpec", "isrc"), ("TrackSpec", "level"),
    ("TrackSpec", "chain"), ("Product", "upc"), ("Product", "catalog_number"),
    ("Shelf", "at"), ("Shelf", "gain"), ("Shelf", "q"), ("Deliverable", "kind"),
    ("Deliverable", "product"), ("Deliverable", "format"), ("Deliverable", "bits"),
    ("ChainItem", "eq"), ("WidthBand", "amount"), ("RidePoint", "at"), ("RidePoint", "gain"),
    ("CompressorBand", "threshold"),
}  # fmt: skip


@cache
def example() -> LoadedSpec:
    return load(EXAMPLE, processors=parameters())


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a type names, and those that their fields name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for inner in get_args(annotation):
        yield from models_in(inner)


def name_of(model: type[BaseModel]) -> str:
    return "Deliverable" if model.__name__ in KINDS else model.__name__


def keys_that_work() -> set[tuple[str, str]]:
    models = {
        model for each in (AlbumSpec, *parameters().values()) for model in models_in(each)
    }
    keys = {
        (name_of(model), field.alias or name)
        for model in models
        if not issubclass(model, RootModel)
        for name, field in model.model_fields.items()
    }
    chain_items = {("ChainItem", name) for name in (*parameters(), *keys_of(Routing))}
    top = {("AlbumSpec", key) for key in json_schema(parameters())["properties"]}
    return keys | chain_items | top


def keys_shown(value: Any, node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield each key as often as it is written; what is only inherited has no node."""
    if node is None:
        return
    match value:
        case RootModel():
            yield from keys_shown(value.root, node)
        case BaseModel():
            yield from ((name_of(type(value)), key) for key in node.entries)
            for name, field in type(value).model_fields.items():
                yield from keys_shown(getattr(value, name), node.get(field.alias or name))
        case ChainItem():
            yield from (("ChainItem", key) for key in node.entries)
            yield from keys_shown(value.parameters, node.get(value.name))
        case dict():
            for key, each in value.items():
                yield from keys_shown(each, node.get(key))
        case tuple():
            for number, each in enumerate(value):
                yield from keys_shown(each, node.get(number))
        case _:
            pass


def written() -> Node:
    return compose(TEXT, file=str(EXAMPLE))


def test_it_loads_without_a_problem_or_a_remark() -> None:
    assert example().remarks == ()


def test_every_key_that_works_is_shown() -> None:
    assert keys_that_work() - set(keys_shown(example().spec, written())) == EXCLUDED


@pytest.mark.parametrize("key", sorted(key for _, key in EXCLUDED))
def test_a_key_that_excludes_a_live_one_stands_in_a_remark_with_its_reason(key: str) -> None:
    assert re.search(rf"^ +# {key}: \S.* # instead of `\w+`", TEXT, re.MULTILINE)


def test_the_other_form_of_trim_stands_in_a_remark() -> None:
    assert re.search(r"^ +# trim: silence +# ", TEXT, re.MULTILINE)


def test_a_key_is_shown_once_unless_each_song_product_or_deliverable_needs_it() -> None:
    editions = ("editions",)  # songs in editions repeat what differs, by their nature
    shown = Counter(keys_shown(example().spec, _without(written(), editions)))
    twice = {key for key, count in shown.items() if count > 1}
    assert twice <= REPEATED


def _without(node: Node, keys: KeyPath) -> Node:
    entries = {key: entry for key, entry in node.entries.items() if key not in keys}
    return Node(node.mark, node.path, entries)


def test_every_line_of_a_key_fits_on_a_screen_and_every_part_is_explained() -> None:
    lines = TEXT.splitlines()
    assert max(map(len, lines)) <= 96
    for number, line in enumerate(lines):
        if re.fullmatch(r"\w+:", line) and line not in {"album:"}:
            assert lines[number - 1].startswith("#"), f"{line} has no explanation above it"


def test_it_makes_what_the_readme_promises() -> None:
    made = example().spec.deliverables
    assert list(made) == ["plant", "cd", "lossless", "wav", "promo", "radio"]
    assert isinstance(made["plant"], Ddp)
    assert isinstance(made["cd"], CdImage)
    assert isinstance(made["promo"], Mp3Files)
    assert made["promo"].kbps == 320
    lossless = {
        name: (each.format, each.bits, each.sample_rate_hz)
        for name, each in made.items()
        if isinstance(each, LosslessFiles)
    }
    assert lossless == {
        "lossless": ("flac", 24, None),
        "wav": ("wav", 24, None),
        "radio": ("flac", 16, 44_100),
    }


def test_its_songs_are_joined_hidden_and_left_out_as_the_comments_say() -> None:
    album, radio = resolve(example().spec), resolve(example().spec, "radio")
    joins = {track.id: track.joined_from for track in album.tracks if track.joined_from}
    assert joins == {"undertow": "tide", "dry-dock": "lamplight"}
    assert [track.id for track in album.tracks if track.hidden] == ["ghost"]
    assert not has_hidden_first(album.tracks)
    assert [track.id for track in radio.tracks][:3] == ["tide", "undertow", "slipway"]
    assert "ghost" not in {track.id for track in radio.tracks}
    assert radio.limiter is None
    assert radio.album_chain == ()
    assert radio.track("slipway").title != album.track("slipway").title


def test_its_identifiers_belong_to_nobody() -> None:
    spec = example().spec
    for product in spec.products.values():
        # GS1 keeps the prefix 952 for demonstrations and examples.
        assert normalise_ean(product.upc or "").startswith("952")
    # AQ is Antarctica, which has no ISRC agency.
    assert all((track.isrc or "").startswith("AQZZZ") for track in spec.tracks.values())


def test_its_reasons_name_checks_that_there_are() -> None:
    spec = example().spec
    reasons = [spec.intent, *(track.intent for track in spec.tracks.values())]
    assert {name for each in reasons for name in each} <= check_names()
