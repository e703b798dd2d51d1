"""Deliverables of seconds, made from recipes and written with their promises."""

import json
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from formats import codecs, pcm
from pipeline.assemble.cd import CdLayout, StartOffset, lay_out_cd
from pipeline.assemble.timeline import Join, Take, lay_out
from pipeline.deliver.album import Rendered, RenderedTrack
from pipeline.deliver.cd import cue_recipes, ddp_recipes
from pipeline.deliver.disc import disc_of
from pipeline.deliver.files import files_recipes
from pipeline.deliver.package import Recipe, compose
from pipeline.dsp import Audio
from pipeline.dsp.meter import Meter
from pipeline.engine import Artifact, MemoryStore
from pipeline.manifest import MANIFEST_NAME, FilePromise, Manifest, manifest_text
from pipeline.spec.model import AlbumInfo, Product, TrackSpec

UPC = "5012345678900"
CONTENT = "0123456789abcdef"
CD_SECTORS = (337, 375)


@pytest.fixture(scope="session")
def memory() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


def song(number: int, n_samples: int, rate_hz: int) -> Audio:
    noise = np.random.default_rng(number).standard_normal((n_samples, 2))
    tone = np.sin(2 * np.pi * 440 * number * np.arange(n_samples) / rate_hz)
    return 0.02 * noise + 0.2 * tone[:, None]


def track_spec(number: int, title: str) -> TrackSpec:
    spec = TrackSpec(title=title, isrc=f"GBAAA260000{number}")
    spec._id = title.lower()
    return spec


def words(audio: Audio, bits: int) -> bytes:
    scaled = np.rint(audio * 2.0 ** (bits - 1)).astype(np.int32)
    return pcm.pack(scaled, pcm.SampleFormat.of_bits(bits))


def loudness_of(audio: Audio, rate_hz: int) -> float:
    meter = Meter(rate_hz, 2)
    meter.update(audio)
    found = meter.result().integrated_lufs
    assert found is not None
    return round(found, 2)


def rendered(tracks: list[RenderedTrack], *, upc: str = UPC) -> Rendered:
    info = AlbumInfo(title="Low Water", artist="The Ferrymen", genre="Folk Rock")
    return Rendered(
        info, "Low Water", Product(upc=upc, catalog_number="FER012"), tuple(tracks), -1.0
    )


def written(
    folder: Path, recipes: dict[str, Recipe], store: MemoryStore, kind: str, n_sectors: int
) -> Path:
    files: list[FilePromise] = []
    for each in recipes.values():
        files.append(compose(each, folder / "SEND", path_of=store.path_of, made=files))
    manifest = Manifest(
        deliverable=folder.name,
        kind=kind,
        edition="",
        album="Low Water",
        artist="The Ferrymen",
        upc=UPC,
        catalog_number="FER012",
        revision=1,
        content=CONTENT,
        files=tuple(files),
        programme_sectors=n_sectors,
        waived={},
        is_released=True,
    )
    (folder / MANIFEST_NAME).write_text(manifest_text(manifest), encoding="utf-8")
    return folder


def cd_layout(sectors: tuple[int, ...]) -> CdLayout:
    takes = [
        Take(track, 44_100, 0, n_sectors * 588, Join(Fraction(0)))
        for track, n_sectors in zip(("tide", "undertow"), sectors, strict=True)
    ]
    return lay_out_cd(
        lay_out(takes),
        offset=StartOffset(20, 0),
        end_silence_sectors=15,
        is_hidden_first=False,
    )


def make_disc(
    folder: Path, store: MemoryStore, kind: str, sectors: tuple[int, ...] = CD_SECTORS
) -> Path:
    start, tracks = 0, []
    for number, (title, n_sectors) in enumerate(
        zip(("Tide", "Undertow"), sectors, strict=True), start=1
    ):
        audio = song(number, n_sectors * 588, 44_100)
        raw = store.add_bytes(words(audio, 16))
        spec = track_spec(number, title)
        lufs = loudness_of(audio, 44_100)
        tracks.append(RenderedTrack(spec, number, start, n_sectors, (raw,), raw.digest, lufs))
        start += n_sectors
    album, layout = rendered(tracks), cd_layout(sectors)
    disc = disc_of(album, layout)
    if kind == "cd_image":
        recipes = cue_recipes(album, layout, disc, revision=1, content=CONTENT)
    else:
        recipes = ddp_recipes(album, layout, disc, is_zipped=True, revision=1, content=CONTENT)
    return written(folder, recipes, store, kind, start)


def make_files(folder: Path, store: MemoryStore, file_format: str, scratch: Path) -> Path:
    bits = 0 if file_format == "mp3" else 24
    start, tracks = 0, []
    for number, title in enumerate(("Tide", "Undertow"), 1):
        audio = song(number, 48_000 + 640 * number, 48_000)
        payload, raw = _encoded(audio, file_format, store, scratch)
        n_sectors = len(audio) // 640
        lufs = loudness_of(audio, 48_000)
        spec = track_spec(number, title)
        tracks.append(RenderedTrack(spec, number, start, n_sectors, (payload,), raw, lufs))
        start += n_sectors
    recipes = files_recipes(
        rendered(tracks),
        file_format=file_format,
        sample_rate_hz=48_000,
        bits=bits,
        kbps=0 if bits else 320,
        revision=1,
        content=CONTENT,
    )
    return written(folder, recipes, store, "files", start)


def _encoded(
    audio: Audio, file_format: str, store: MemoryStore, scratch: Path
) -> tuple[Artifact, str]:
    raw, out = scratch / "raw", scratch / f"out.{file_format}"
    if file_format == "mp3":
        raw.write_bytes(audio.astype("<f4").tobytes())
        codecs.encode_mp3(raw, out, sample_rate_hz=48_000, kbps=320)
        return store.add_file(out), ""
    raw.write_bytes(words(audio, 24))
    kept = store.add_file(raw)
    if file_format == "wav":
        return kept, kept.digest
    samples = np.rint(audio * 2.0**23).astype(np.int32)
    codecs.encode_flac([samples], out, sample_rate_hz=48_000, bits=24)
    return store.add_file(out), kept.digest


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory, memory: MemoryStore) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("good")
    made = {
        "cd": make_disc(root / "cd", memory, "cd_image"),
        "ddp": make_disc(root / "ddp", memory, "ddp"),
    }
    for name in ("wav", "flac", "mp3"):
        made[name] = make_files(root / name, memory, name, tmp_path_factory.mktemp("scratch"))
    return made


@pytest.fixture
def good(originals: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """Return a fresh copy of a deliverable that nothing is wrong with."""

    def copied(kind: str) -> Path:
        return Path(shutil.copytree(originals[kind], tmp_path / kind))

    return copied


@pytest.fixture
def short_cd(tmp_path: Path, memory: MemoryStore) -> Path:
    """Return a disc whose first track lasts 3.9 s, 20 sectors of start offset included."""
    return make_disc(tmp_path / "short", memory, "cd_image", (272, 375))


@pytest.fixture
def promise() -> Callable[..., None]:
    """Return what changes a value of the manifest, at a path of keys."""

    def change(folder: Path, *keys: str | int, to: object) -> None:
        path = folder / MANIFEST_NAME
        data = json.loads(path.read_text(encoding="utf-8"))
        place = data
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to
        path.write_text(json.dumps(data), encoding="utf-8")

    return change
