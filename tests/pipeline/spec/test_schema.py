from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from pipeline.master.registry import parameters
from pipeline.spec.model import AlbumSpec, keys_of
from pipeline.spec.schema import DIALECT, json_schema

OUR_DEFS = ("AlbumInfo", "Product", "LevelAim", "LimiterSpec", "TrackSpec", "EditionSpec",
            "CdImage", "LosslessFiles", "Mp3Files", "Hidden", "FadeIn", "FadeOut", "TrimSpan",
            "StartOffset", "TrackChanges", "TrackDefaults")  # fmt: skip


@pytest.fixture
def schema(processors: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    return json_schema(processors)


def mappings(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from mappings(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from mappings(each)


def test_it_is_json_of_the_named_dialect(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema))["$schema"] == DIALECT


def test_every_key_is_explained(schema: dict[str, Any]) -> None:
    for name in OUR_DEFS:
        for key, each in schema["$defs"][name]["properties"].items():
            assert each.get("description"), f"{name}.{key}"
    assert all(each.get("description") for each in schema["properties"].values())


def test_it_has_the_keys_that_work_and_no_others(schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == {*keys_of(AlbumSpec), "defaults"}
    closed = [each for each in mappings(schema) if "properties" in each and "type" in each]
    assert all(each["additionalProperties"] is False for each in closed)


def test_every_reference_leads_somewhere() -> None:
    schema = json_schema(parameters())
    for each in mappings(schema):
        if isinstance(each.get("$ref"), str):
            assert each["$ref"].rsplit("/", 1)[1] in schema["$defs"]


def test_a_chain_item_is_one_processor_and_perhaps_its_routing(schema: dict[str, Any]) -> None:
    item = schema["$defs"]["ChainItem"]
    names = ["squeeze", "trim", "swap"]
    assert list(item["properties"]) == [*names, "channels", "mix"]
    assert item["oneOf"] == [{"required": [name]} for name in names]
    assert all(item["properties"][key]["description"] for key in ("channels", "mix"))
    assert schema["properties"]["album_chain"]["items"] == {"$ref": "#/$defs/ChainItem"}


def test_an_edition_may_change_any_key_of_a_track_and_take_it_out(
    schema: dict[str, Any],
) -> None:
    changes = schema["$defs"]["TrackChanges"]
    assert "required" not in changes
    assert set(changes["properties"]) == set(schema["$defs"]["TrackSpec"]["properties"])
    assert all({"type": "null"} in each["anyOf"] for each in changes["properties"].values())


def test_defaults_are_what_tracks_can_share(schema: dict[str, Any]) -> None:
    shared = set(schema["$defs"]["TrackDefaults"]["properties"])
    assert shared == set(schema["$defs"]["TrackSpec"]["properties"]) - {
        "title",
        "mix",
        "master",
        "isrc",
        "indexes",
        "pause",
        "cd_text",
    }
