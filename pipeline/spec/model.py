"""What an `album.yaml` means: frozen values, no unknown keys, and every default.

The attributes carry their unit (`at_lufs`), the keys that users write do not (`at: -10 LUFS`).
What editions and tracks inherit has been filled in before these models read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from pipeline.spec.scalars import (
    NO_TIME,
    TWO_SECONDS,
    AlbumRate,
    Bits,
    Curve,
    DeliverableId,
    DiscNumber,
    File,
    FileRate,
    Intent,
    Isrc,
    Kbps,
    Mp3Rate,
    ReleaseDate,
    Shape,
    SomeTime,
    SongLevel,
    SourcePath,
    SpecId,
    Text,
    Time,
    Upc,
    check_points,
    describe,
    refuse,
)
from pipeline.units import DB, DBTP, LUFS, MS, PERCENT

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler


class SpecModel(BaseModel):
    """A mapping of the spec: frozen, no unknown keys; a key without a value is not written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_what_is_not_written(cls, found: Any) -> Any:
        if found is None:
            return {}
        if not isinstance(found, dict):
            return found
        known = keys_of(cls)
        return {
            key: each for key, each in found.items() if each is not None or key not in known
        }


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys that a user may write in a mapping of the spec, in order."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


class MixPoint(SpecModel):
    """How much of a processor is heard at one time."""

    at: Time = Field(description="Time of the mix file.")
    mix_percent: Annotated[float, PERCENT.within(0, 100, example="40 %")] = Field(
        alias="mix", description="How much of it is heard there."
    )
    shape: Literal["smooth", "straight"] = Field(
        "smooth",
        description="How it is come to from the point before: `smooth` starts and ends level, "
        "`straight` is a line.",
    )


def _mix_form(found: object) -> str:
    return "<points>" if isinstance(found, list | tuple) else "<share>"


def _one_after_another(points: tuple[MixPoint, ...]) -> tuple[MixPoint, ...]:
    if not points:
        raise ValueError("no point stands here; write [{at: 0:58, mix: 40 %}], or 40 %")
    check_points([point.at for point in points])
    return points


# Tags in angle brackets are no keys: problems are placed without them.
Mix = Annotated[
    Annotated[float, PERCENT.within(0, 100, example="40 %"), Tag("<share>")]
    | Annotated[
        tuple[MixPoint, ...],
        AfterValidator(_one_after_another),
        Tag("<points>"),
    ],
    Discriminator(_mix_form),
]


class Routing(SpecModel):
    """On what a processor works, and how much of its work is heard.

    It stands beside the processor's name, not among its settings: some processors are written
    as a list or as one value, and have no place for it.
    """

    channels: Literal["stereo", "mid", "side", "left", "right"] = Field(
        "stereo",
        description="What it works on: both channels, what they share (`mid`), that in which "
        "they differ (`side`), or one of them.",
    )
    mix: Mix = Field(
        "100 %",
        validate_default=True,
        description="How much of what it makes is heard; the rest is what went in. A list of "
        "points moves it: `[{at: 0:58, mix: 0 %}, {at: 0:59, mix: 100 %}]`.",
    )

    @property
    def percents(self) -> tuple[float, float]:
        """The least and the most of what it makes that is heard at any time."""
        if isinstance(self.mix, float):
            return self.mix, self.mix
        percents = [point.mix_percent for point in self.mix]
        return min(percents), max(percents)

    def written(self) -> dict[str, Any]:
        """Return what is not by default, as the spec writes it."""
        plain = Routing().model_dump(mode="json", by_alias=True)
        written = self.model_dump(mode="json", by_alias=True)
        return {key: each for key, each in written.items() if each != plain[key]}


_PLAIN = Routing()


@dataclass(frozen=True, slots=True)
class ChainItem:
    """One processor of a chain: ``- compressor: {threshold: -18 dB}``.

    Parameters
    ----------
    name : str
        Name of the processor in the registry.
    parameters : BaseModel
        Its settings, an instance of the model that the registry has under `name`.
    routing : Routing
        On what it works, and how much of its work is heard.
    """

    name: str
    parameters: BaseModel
    routing: Routing = _PLAIN

    @classmethod
    def read(cls, found: object, info: ValidationInfo) -> ChainItem:
        """Read a mapping of a processor's name to its settings, its routing perhaps beside.

        Raises
        ------
        ValueError
            If it is none, or no processor of the context has this name.
        """
        return read_item(found, (info.context or {})["processors"])

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(
            lambda item: {
                item.name: item.parameters.model_dump(mode="json", by_alias=True),
                **item.routing.written(),
            }
        )
        return core_schema.with_info_plain_validator_function(cls.read, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"title": "ChainItem"}  # pipeline.spec.schema puts the processors in its place


_ROUTING = keys_of(Routing)
_ONE_PROCESSOR = "where one processor is meant; write - name: {settings}"
_Model = TypeVar("_Model", bound=BaseModel)


def read_item(found: object, processors: Mapping[str, type[BaseModel]]) -> ChainItem:
    """Read one processor as a chain holds it, as values without places.

    Parameters
    ----------
    found : object
        A mapping of a processor's name to its settings, its routing perhaps beside.
    processors : mapping of str to type of BaseModel
        The parameters of each processor that a chain may name.

    Raises
    ------
    ValueError
        If it is none, or no processor has this name.
    """
    if isinstance(found, ChainItem):
        return found
    if isinstance(found, str) and found in processors:
        found = {found: None}
    if not isinstance(found, dict):
        refuse("value_error", {"error": f"{describe(found)} {_ONE_PROCESSOR}"}, found=found)
    name = _name_in(found, processors)
    routing = _read(Routing, {key: found[key] for key in found if key in _ROUTING})
    _check_channels(name, processors[name], routing.channels)
    settings = {} if found[name] is None else found[name]
    return ChainItem(name, _read(processors[name], settings, name), routing)


def _name_in(item: dict[str, Any], processors: Mapping[str, type[BaseModel]]) -> str:
    """Return the key of a chain's item that names its processor."""
    own = [key for key in item if key not in _ROUTING]
    known = [key for key in own if key in processors]
    if len(known) == 1 and len(own) > 1:
        stray = next(key for key in own if key not in processors)
        refuse("extra_forbidden", {}, stray, found=item[stray])
    if not own:
        raise ValueError(f"nothing {_ONE_PROCESSOR}")
    if len(own) > 1:
        raise ValueError(f"{len(own)} keys {_ONE_PROCESSOR}")
    if not known:
        raise PydanticCustomError(
            "unknown_processor", "", {"name": own[0], "allowed": tuple(processors)}
        )
    return known[0]


def _check_channels(name: str, model: type[BaseModel], channels: str) -> None:
    # The stage of mastering says this of its models; the spec does not know that stage.
    if channels != "stereo" and getattr(model, "needs_stereo", False):
        sentence = f"{name} works between left and right; it cannot work on {channels} alone"
        refuse("value_error", {"error": sentence}, "channels", found=channels)


def _read(model: type[_Model], written: object, *at: str) -> _Model:
    try:
        return model.model_validate(written)
    except ValidationError as error:
        lines = [
            InitErrorDetails(
                type=PydanticCustomError(each["type"], "", each.get("ctx", {})),
                loc=(*at, *each["loc"]),
                input=each["input"],
            )
            for each in error.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(error.title, lines) from None


Chain: TypeAlias = tuple[ChainItem, ...]


YesNo = Literal["yes", "no"]


class CdText(SpecModel):
    """What the CD-Text says where it cannot, or should not, say the same as all else."""

    title: Text | None = Field(None, description="Shown instead of the title.")
    performer: Text | None = Field(None, description="Shown instead of the artist.")


class AlbumInfo(SpecModel):
    """What the whole record is called and who made it."""

    title: Text = Field(description="Title of the album.")
    artist: Text = Field(description="Artist of the album, and of each track that names none.")
    label: Text | None = Field(None, description="Label that releases it.")
    release_date: ReleaseDate | None = Field(
        None, description="YYYY, YYYY-MM or YYYY-MM-DD. Files carry this date, never today's."
    )
    genre: Text | None = Field(None, description="Genre, for tags.")
    c_line: Text | None = Field(None, description="The © line without its sign: `2026 Name`.")
    p_line: Text | None = Field(None, description="The ℗ line without its sign: `2026 Name`.")
    artwork: File | None = Field(
        None, description="Cover picture (PNG or JPEG), relative to this file."
    )
    sample_rate_hz: AlbumRate = Field(
        None,
        alias="sample_rate",
        description="Rate the album is made at; `auto`: that of most of the playing time.",
    )
    cd_text: CdText = Field(CdText(), description="What CD-Text says instead of the above.")


class Product(SpecModel):
    """One thing on sale: the CD, the LP, the download."""

    upc: Upc | None = Field(None, description="UPC or EAN with its check digit.")
    catalog_number: Text | None = Field(None, description="The label's catalogue number.")


class LevelAim(SpecModel):
    """How loud the songs are made, and how they are compared."""

    match: Literal["keep", "integrated", "loud_passages", "off"] = Field(
        description="`integrated` brings each whole song to `at`, `loud_passages` its loud "
        "parts; `keep` gives the album one gain; `off` does nothing."
    )
    at_lufs: Annotated[float, LUFS.within(-40, -3)] | None = Field(
        None,
        alias="at",
        description="Where each song goes; with `keep`, where the album goes as a whole.",
    )


class LimiterSpec(SpecModel):
    """The true-peak limiter, which runs last at each delivered rate."""

    ceiling_dbtp: Annotated[float, DBTP.within(-12, 0)] = Field(
        alias="ceiling", description="Highest true peak of what is delivered."
    )
    max_reduction_db: Annotated[float, DB.within(0, 20)] | None = Field(
        None,
        alias="max_reduction",
        description="Most gain reduction a song is driven into; a song that needs more stays "
        "below its aim. Absent: as much as the aim needs.",
    )


def _level_word(found: object) -> object:
    if found == "off":
        return {"match": "off"}
    return _mapping(found, "off or {match: integrated, at: -14 LUFS}")


def _limiter_word(found: object) -> object:
    return None if found == "off" else _mapping(found, "off or {ceiling: -1 dBTP}")


def _mapping(found: object, wanted: str) -> object:
    if isinstance(found, str | list):
        refuse("too_little", {"wanted": wanted}, found=found)
    return found


Level = Annotated[
    LevelAim,
    BeforeValidator(_level_word, json_schema_input_type=Literal["off"] | LevelAim),
]
LimiterOrOff = Annotated[
    LimiterSpec | None,
    BeforeValidator(_limiter_word, json_schema_input_type=Literal["off"] | LimiterSpec),
]
LEVEL_OFF = LevelAim(match="off")


class TrimSpan(SpecModel):
    """The part of the mix file that is used; both are times of that file."""

    start: Time | None = Field(None, alias="from", description="Where it starts; its start.")
    end: Time | None = Field(None, alias="to", description="Where it ends; the file's end.")


def _trim_kind(found: object) -> str:
    return "<span>" if isinstance(found, dict | TrimSpan) else "<word>"


# Tags in angle brackets are no keys: problems are placed without them.
Trim = Annotated[
    Annotated[Literal["none", "silence"], Tag("<word>")] | Annotated[TrimSpan, Tag("<span>")],
    Discriminator(_trim_kind),
]


class FadeIn(SpecModel):
    """A rise from silence; times of the mix file."""

    start: Time | None = Field(
        None, alias="from", description="Where it starts; the track's start."
    )
    end: Time = Field(alias="to", description="Where full level is reached.")
    shape: Shape = Field("cosine", description="Its curve.")


class FadeOut(SpecModel):
    """A fall to silence, where the track ends; times of the mix file."""

    start: Time = Field(alias="from", description="Where it starts.")
    end: Time = Field(alias="to", description="Where silence is reached.")
    shape: Shape = Field("cosine", description="Its curve.")


class Hidden(SpecModel):
    """A song that is not on the sleeve, after or before one that is."""

    after: SpecId | None = Field(None, description="The track it comes after.")
    before: SpecId | None = Field(
        None, description="The track it comes before, in its pre-gap."
    )
    silence: Time = Field(TWO_SECONDS, description="Silence between the two.")
    cd: Literal["inside", "pregap", "omit"] = Field(
        "inside",
        description="On CD: `inside` the track it follows, in a `pregap`, or not at all. "
        "Default: `inside` with `after`, `pregap` with `before`.",
    )
    files: Literal["own_track", "inside", "omit"] = Field(
        "own_track",
        description="Among files: a file of its own, inside its neighbour's, or not at all.",
    )

    @model_validator(mode="before")
    @classmethod
    def _pregap_is_before(cls, found: Any) -> Any:
        if isinstance(found, dict) and found.get("before") and found.get("cd") is None:
            return found | {"cd": "pregap"}
        return found


class TrackSpec(SpecModel):
    """One song: where it comes from, how it is treated, what stands around it."""

    _id: str = PrivateAttr("")

    title: Text = Field(description="Title of the song.")
    artist: Text | None = Field(None, description="Its artist; the album's if absent.")
    mix: File | None = Field(None, description="The mix to master, relative to this file.")
    master: File | None = Field(
        None, description="A master finished elsewhere, instead of a mix; it is not touched."
    )
    isrc: Isrc | None = Field(None, description="Its ISRC; hyphens may stay.")
    gap: Time = Field(
        TWO_SECONDS, description="Silence between the track before and this one; 2 s if absent."
    )
    trim: Trim = Field(
        "none", description="`none`, `silence` at both ends, or `{from: 0.4 s, to: 3:52}`."
    )
    segue_from: SpecId | None = Field(
        None, description="The track that runs into this one without a gap."
    )
    crossfade_from: SpecId | None = Field(
        None, description="The track whose end overlaps this one's start."
    )
    crossfade: SomeTime | None = Field(None, description="Length of the overlap.")
    curve: Curve = Field(
        "auto", description="Curve of the crossfade; `auto` listens how alike the two are."
    )
    cut: Literal["start", "middle", "end"] = Field(
        "start", description="Where in the crossfade this track begins (its INDEX 01)."
    )
    fade_in: FadeIn | None = Field(None, description="`{to: 0.5 s}`; times of the mix file.")
    fade_out: FadeOut | None = Field(
        None, description="`{from: 3:52, to: 4:01}`; times of the mix file."
    )
    level_db: SongLevel = Field(
        0.0,
        alias="level",
        description="Louder or softer than `level.at` asks, or `as_mixed` to keep its gain.",
    )
    chain: Chain = Field((), description="Its own processors in order, before `album_chain`.")
    hidden: Hidden | None = Field(None, description="Makes it a hidden track.")
    indexes: tuple[SomeTime, ...] = Field(
        (),
        description="INDEX 02 and up on CD: `[1:30, 2:45.5]`; times of the mix file.",
    )
    pause: SomeTime | None = Field(
        None,
        description="On CD: its pause (INDEX 00) is marked so long before it, whatever sounds "
        "there. Absent: its silence.",
    )
    cd_text: CdText = Field(
        CdText(), description="What CD-Text says instead: `{title: …, performer: …}`."
    )
    pre_emphasis: YesNo = Field(
        "no",
        description="`yes`: a finished master that was recorded with pre-emphasis; marks it so "
        "on CD.",
    )
    intent: Intent = {}

    @property
    def id(self) -> str:
        """Its permanent id, the key it stands under in `tracks`."""
        return self._id

    @property
    def source(self) -> SourcePath:
        """The file it is read from, mix or master."""
        source = self.mix or self.master
        assert source is not None, "the loader lets no track pass without one"
        return source

    @property
    def joined_from(self) -> str | None:
        """Id of the track that it touches or overlaps at its start; none if there is a gap."""
        return self.crossfade_from or self.segue_from


def _named(tracks: dict[str, TrackSpec]) -> dict[str, TrackSpec]:
    for track_id, track in tracks.items():
        track._id = track_id  # the key above a track is the only place where it stands
    return tracks


Tracks = Annotated[dict[SpecId, TrackSpec], AfterValidator(_named)]


Discs = tuple[tuple[SpecId, ...], ...]


class EditionSpec(SpecModel):
    """An overlay on the album, complete: what it does not say is the album's."""

    title: Text | None = Field(
        None, description="Title of this edition; the album's if absent."
    )
    drop: tuple[SpecId, ...] = Field((), description="Tracks that are left out.")
    order: tuple[SpecId, ...] = Field(
        (), description="Running order: every track that is left, once."
    )
    discs: Discs = Field((), description="Replaces the album's `discs`.")
    tracks: Tracks = Field(
        {},
        description="Keys of tracks that differ here; `null` takes a key out. A complete track "
        "under a new id is added.",
    )
    level: Level = Field(LEVEL_OFF, description="Replaces the album's `level`.")
    limiter: LimiterOrOff = Field(None, description="Replaces the album's `limiter`; or `off`.")
    album_chain: Chain = Field((), description="Replaces the album's `album_chain`.")


class StartOffset(SpecModel):
    """How far before its music a CD track's start mark stands; the music does not move."""

    first: Time = Field(NO_TIME, description="At the first track.")
    others: Time = Field(NO_TIME, description="At the others; zero at joins.")


DitherKind = Literal["none", "tpdf", "high_passed", "shaped_gentle", "shaped"]
AutoBlank = Annotated[
    float | Literal["off"], MS.within(10, 5000, example="100 ms").or_word("off")
]
_DITHER_HELP = (
    "Noise that goes with the rounding: `tpdf` white, `high_passed` rising, `shaped_gentle` "
    "and `shaped` moved to where hearing is dull; `none`: rounding only."
)
_BLANK_HELP = "After so long of digital silence the noise rests; `off`: never."


class _Cd(SpecModel):
    disc: DiscNumber | None = Field(None, description="Which disc it is, of several: `2`.")
    product: SpecId | None = Field(None, description="The product it is, for UPC and number.")
    edition: SpecId | None = Field(None, description="The edition on it; the album if absent.")
    start_offset: StartOffset = Field(
        StartOffset(), description="`{first: 20 sectors, others: 5 sectors}`."
    )
    end_silence: Time = Field(TWO_SECONDS, description="Silence before the lead-out.")
    dither: DitherKind = Field("tpdf", description=_DITHER_HELP)
    auto_blank: AutoBlank = Field("off", description=_BLANK_HELP)


class CdImage(_Cd):
    """A CD as one image and its cue sheet."""

    kind: Literal["cd_image"] = Field(description="A CD as image and cue sheet.")


class Ddp(_Cd):
    """A CD as the DDP fileset that a plant takes."""

    kind: Literal["ddp"] = Field(description="A CD as DDP 2.00, for a plant.")
    cd_text: Literal["latin1", "ms_jis", "off"] = Field(
        "latin1",
        description="`latin1`; `ms_jis`: a second language beside it, Japanese; `off`: none.",
    )
    copying: Literal["prohibited", "permitted", "once"] = Field(
        "prohibited",
        description="Copy flags: `prohibited` none, `permitted` DCP, `once` SCMS.",
    )
    zip: YesNo = Field("no", description="`yes`: a ZIP file for upload beside the fileset.")


class _Files(SpecModel):
    kind: Literal["files"] = Field(description="One file per track.")
    product: SpecId | None = Field(None, description="The product it is, for UPC and number.")
    edition: SpecId | None = Field(None, description="The edition in it; the album if absent.")


class LosslessFiles(_Files):
    """One lossless file per track."""

    format: Literal["wav", "flac"] = Field(description="`wav`, `flac` or `mp3`.")
    bits: Bits = Field(24, description="Word length: 16 or 24.")
    dither: DitherKind = Field("tpdf", description=_DITHER_HELP)
    auto_blank: AutoBlank = Field("off", description=_BLANK_HELP)
    sample_rate_hz: FileRate = Field(
        None, alias="sample_rate", description="`album`, or another rate: `44.1 kHz`."
    )


class Mp3Files(_Files):
    """One MP3 per track."""

    format: Literal["mp3"] = Field(description="`wav`, `flac` or `mp3`.")
    kbps: Kbps = Field(320, description="Bit rate in kbit/s.")
    sample_rate_hz: Mp3Rate = Field(
        None, alias="sample_rate", description="`album`, or 44.1 kHz or 48 kHz."
    )


KINDS: Mapping[str, tuple[str, ...]] = {
    "cd_image": (),
    "ddp": (),
    "files": ("wav", "flac", "mp3"),
}


def _known_kind(found: object) -> object:
    """Say what is missing before the kinds are told apart, so that it is said at its place."""
    if found is None:
        found = {}
    if isinstance(found, dict):
        kind, form = found.get("kind"), found.get("format")
        if kind is None:
            refuse("missing_choice", {"allowed": tuple(KINDS)}, "kind")
        if not isinstance(kind, str) or kind not in KINDS:
            refuse("unknown_kind", {"kind": kind, "allowed": tuple(KINDS)}, "kind")
        if KINDS[kind] and form is None:
            refuse("missing_choice", {"allowed": KINDS[kind]}, "format")
        if KINDS[kind] and form not in KINDS[kind]:
            refuse("not_a_choice", {"found": form, "allowed": KINDS[kind]}, "format")
    return found


def _kind(found: object) -> str:
    match found:
        case LosslessFiles() | {"kind": "files", "format": "wav" | "flac"}:
            return "<lossless>"
        case Mp3Files() | {"kind": "files"}:
            return "<mp3>"
        case Ddp() | {"kind": "ddp"}:
            return "<ddp>"
        case _:
            return "<cd_image>"


AnyCd: TypeAlias = CdImage | Ddp
AnyDeliverable: TypeAlias = AnyCd | LosslessFiles | Mp3Files
Deliverable = Annotated[
    Annotated[CdImage, Tag("<cd_image>")]
    | Annotated[Ddp, Tag("<ddp>")]
    | Annotated[LosslessFiles, Tag("<lossless>")]
    | Annotated[Mp3Files, Tag("<mp3>")],
    Discriminator(_kind),
    BeforeValidator(_known_kind),
]


class AlbumSpec(SpecModel):
    """A whole record: what `album.yaml` says, with everything inherited filled in."""

    album: AlbumInfo = Field(description="What the record is called and who made it.")
    products: dict[SpecId, Product] = Field(
        {}, description="What is sold; identifiers live here. `{cd: {upc: 5012345678900}}`."
    )
    album_chain: Chain = Field(
        (), description="Processors that every track passes, after its own."
    )
    level: Level = Field(
        LEVEL_OFF, description="How loud the songs are made; absent: untouched."
    )
    limiter: LimiterOrOff = Field(
        None, description="The true-peak limiter; absent or `off`: none."
    )
    tracks: Tracks = Field(
        description="The songs in running order, each under its permanent id."
    )
    discs: Discs = Field(
        (), description="Songs of each CD of a longer record: `[[tide, undertow], [ghost]]`."
    )
    editions: dict[SpecId, EditionSpec] = Field(
        {}, description="Other versions of the album: what differs, under a name."
    )
    deliverables: dict[DeliverableId, Deliverable] = Field(
        {}, description="What is made, each in a folder of this name."
    )
    strictness: Literal["demo", "release", "lofi"] = Field(
        "release",
        description="How strictly mixes are judged: `demo` and `lofi` loosen named rules.",
    )
    intent: Intent = {}
