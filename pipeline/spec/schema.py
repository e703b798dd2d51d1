"""The JSON Schema of an `album.yaml`: editors complete and explain from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from pipeline.spec.editions import OWN_KEYS
from pipeline.spec.model import AlbumSpec, Routing

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODE: JsonSchemaMode = "validation"
_NULL = {"type": "null"}
_DEFAULTS_HELP = "What every track has unless it says otherwise: `{gap: 1.5 s, trim: silence}`."

Schema = dict[str, Any]


def json_schema(processors: Mapping[str, type[BaseModel]]) -> Schema:
    """Return the JSON Schema (2020-12) of the file as users write it.

    Parameters
    ----------
    processors : mapping of str to type of BaseModel
        The parameters of each processor that a chain may name.

    Returns
    -------
    dict
        The schema; every key has a description.
    """
    models: list[type[BaseModel]] = list(
        dict.fromkeys((AlbumSpec, Routing, *processors.values()))
    )
    refs, shared = models_json_schema([(model, _MODE) for model in models])
    defs: Schema = _tidy(shared["$defs"])
    defs["ChainItem"] = _chain_item(
        {name: refs[each, _MODE] for name, each in processors.items()},
        defs.pop("Routing")["properties"],
    )
    defs["TrackChanges"] = _changes(defs["TrackSpec"])
    defs["TrackDefaults"] = _shared(defs["TrackChanges"])
    defs["EditionSpec"]["properties"]["tracks"] = _pointing(
        defs["EditionSpec"]["properties"]["tracks"], "TrackChanges"
    )
    album: Schema = defs.pop("AlbumSpec")
    album["properties"]["defaults"] = {
        "$ref": "#/$defs/TrackDefaults",
        "description": _DEFAULTS_HELP,
    }
    return {"$schema": DIALECT, "title": "album.yaml", **album, "$defs": defs}


def _chain_item(parameters: Schema, routing: Schema) -> Schema:
    """One key is the name of a processor; several would leave their order to chance."""
    return {
        "description": "One processor and its settings; they work in this order.",
        "type": "object",
        "properties": {**parameters, **routing},
        "oneOf": [{"required": [name]} for name in parameters],
        "additionalProperties": False,
    }


def _changes(track: Schema) -> Schema:
    keys = {key: _or_null(each) for key, each in track["properties"].items()}
    return {"type": "object", "properties": keys, "additionalProperties": False}


def _shared(changes: Schema) -> Schema:
    keys = {key: each for key, each in changes["properties"].items() if key not in OWN_KEYS}
    return {**changes, "properties": keys}


def _or_null(schema: Schema) -> Schema:
    if _NULL in schema.get("anyOf", ()):
        return schema
    outside = {key: each for key, each in schema.items() if key in ("description", "default")}
    inside = {key: each for key, each in schema.items() if key not in outside}
    return {"anyOf": [inside, _NULL], **outside}


def _pointing(mapping: Schema, name: str) -> Schema:
    pattern = {key: {"$ref": f"#/$defs/{name}"} for key in mapping["patternProperties"]}
    return {**mapping, "patternProperties": pattern}


def _tidy(schema: Any) -> Any:
    """Drop what pydantic adds for programmers, close mappings, put the chain's items in."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("title") == "ChainItem":
        return {"$ref": "#/$defs/ChainItem"}
    tidy = {key: _tidy(each) for key, each in schema.items() if not _is_noise(key, each)}
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return tidy


def _is_noise(key: str, value: Any) -> bool:
    # Under `properties`, `title` and `default` are keys of the spec and hold a schema.
    return (key == "title" and isinstance(value, str)) or (
        key == "default" and not isinstance(value, str | int)
    )
