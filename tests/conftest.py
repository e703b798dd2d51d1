"""A small album that builds in seconds, and what a test may ask of it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.build import Built, Settings, build_album
from pipeline.dsp import Audio
from pipeline.engine import Step
from pipeline.lock import Lock, read_lock
from pipeline.manifest import FilePromise, Manifest, TrackPromise, read_manifest

SPEC = """\
album: {title: Small Hours, artist: The Testers, label: Bench, release_date: 2026-03-06}
products:
  cd: {upc: 9526000000013, catalog_number: SH-1}
level: {match: integrated, at: -12 LUFS}
limiter: {ceiling: -1 dBTP}
defaults: {gap: 0.5 s}
tracks:
  dawn:  {title: Dawn, mix: mixes/dawn.wav, isrc: AQZZZ2600011, chain: [{gain: -1 dB}]}
  noon:  {title: Noon, mix: mixes/noon.wav, isrc: AQZZZ2600012}
  dusk:  {title: Dusk, mix: mixes/dusk.wav, isrc: AQZZZ2600013}
  night: {title: Night, mix: mixes/night.wav, isrc: AQZZZ2600014, segue_from: dusk}
deliverables:
  cd:       {kind: cd_image, product: cd}
  lossless: {kind: files, product: cd, format: flac}
  promo:    {kind: files, product: cd, format: mp3}
"""
MIXES = {
    "dawn": (4.2, 48_000),
    "noon": (4.4, 44_100),
    "dusk": (4.3, 48_000),
    "night": (4.6, 48_000),
}

NewAlbum = Callable[..., "Album"]
MakeMix = Callable[..., Path]


class Listener:
    """Remembers what a build tells."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []
        self.steps: list[Step] = []

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def planned(self, total_cost_s: float) -> None:
        pass

    def started(self, step: Step) -> None:
        self.steps.append(step)

    def advanced(self, step: Step, fraction: float) -> None:
        pass

    def finished(self, step: Step, seconds: float) -> None:
        pass

    def done(self) -> None:
        pass


class Album:
    """An album in a folder, and what its last build has done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spec = folder / "album.yaml"
        self.out = folder / "out"
        self.store = folder / ".glassmaster"
        self.heard = Listener()

    @property
    def text(self) -> str:
        return self.spec.read_text(encoding="utf-8")

    @property
    def lock(self) -> Lock:
        return read_lock(self.folder / "album.lock")

    @property
    def ran(self) -> set[tuple[str, str]]:
        """Kind and subject of every step that the last build has run."""
        return {(step.kind, step.name.split("/")[0]) for step in self.heard.steps}

    @property
    def kinds(self) -> set[str]:
        return {step.kind for step in self.heard.steps}

    def change(self, old: str, new: str) -> None:
        """Replace a text that stands once in the spec."""
        assert self.text.count(old) == 1, old
        self.spec.write_text(self.text.replace(old, new), encoding="utf-8")

    def mix(self, name: str) -> Path:
        return self.folder / "mixes" / f"{name}.wav"

    def build(self, *names: str, **settings: Any) -> Built:
        self.heard = Listener()
        return build_album(self.spec, names, settings=Settings(**settings), teller=self.heard)

    def manifest(self, deliverable: str) -> Manifest:
        return read_manifest(self.out / deliverable / "manifest.json")

    def files(self, deliverable: str) -> dict[str, Path]:
        """Return the files of SEND by name."""
        send = self.out / deliverable / "SEND"
        return {path.name: path for path in sorted(send.rglob("*")) if path.is_file()}

    def file_of(self, deliverable: str, track: str) -> Path:
        promise, _ = self.promise(deliverable, track)
        return self.out / deliverable / "SEND" / promise.name

    def promise(self, deliverable: str, track: str) -> tuple[FilePromise, TrackPromise]:
        return next(
            (file, each)
            for file in self.manifest(deliverable).files
            for each in file.tracks
            if each.track == track
        )

    def pcm(self, deliverable: str, track: str) -> Any:
        """Return the delivered samples of a lossless track, as integers."""
        path, (promise, _) = (
            self.file_of(deliverable, track),
            self.promise(deliverable, track),
        )
        found, rate = soundfile.read(path, dtype="int32", always_2d=True)
        assert rate == promise.sample_rate_hz
        return found >> (32 - promise.bits)

    def image(self, deliverable: str = "cd") -> Any:
        """Return the samples of a CD image."""
        (path,) = (each for each in self.files(deliverable).values() if each.suffix == ".bin")
        return np.fromfile(path, dtype="<i2").reshape(-1, 2).astype(np.int32)

    def snapshot(self, *parts: str) -> dict[str, str]:
        """Return the hash of every file below `parts` of the album, by relative path."""
        roots = [self.folder / part for part in parts or ("out", "album.lock")]
        paths = [path for root in roots for path in (root, *root.rglob("*")) if path.is_file()]
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(
                path.read_bytes()
            ).hexdigest()
            for path in paths
        }

    def sent(self, *deliverables: str) -> dict[str, str]:
        """Return the hash of every file that is handed over, and of lock and manifests."""
        names = deliverables or tuple(
            path.name for path in self.out.iterdir() if (path / "manifest.json").exists()
        )
        parts = [f"out/{name}/{part}" for name in names for part in ("SEND", "manifest.json")]
        return self.snapshot(*parts, "album.lock")

    def clone(self, folder: Path) -> Album:
        """Return the album as version control has it: no outputs and no store."""
        shutil.copytree(
            self.folder, folder, ignore=shutil.ignore_patterns("out", ".glassmaster")
        )
        return Album(folder)


def music(seconds: float, sample_rate_hz: int, *, seed: int) -> Audio:
    """Return plucked chords that ring out: dynamics, stereo, nothing above 3 kHz."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    audio = np.zeros((len(time_s), 2))
    for start_s in np.arange(0.0, seconds - 0.7, 0.25):
        after_s = np.maximum(time_s - start_s, 0.0)
        pluck = np.exp(-after_s / 0.12) * (time_s >= start_s) * np.minimum(1, after_s / 0.002)
        for _ in range(3):
            hz, pan = rng.uniform(90.0, 2_800.0), rng.uniform(0.3, 0.7)
            tone = np.sin(2 * np.pi * hz * after_s + rng.uniform(0, 6)) * pluck
            audio += tone[:, None] * [pan, 1 - pan] * rng.uniform(0.05, 0.3)
    audio *= 0.5 / np.abs(audio).max()
    return audio


def write_mix(path: Path, audio: Audio, sample_rate_hz: int, subtype: str = "PCM_24") -> Path:
    """Write a mix, and let it be older than any clock's grain."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, sample_rate_hz, subtype=subtype)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 10_000_000_000))
    return path


@pytest.fixture(scope="session")
def mixes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the mixes of the small album; not to be written to."""
    folder = tmp_path_factory.mktemp("mixes")
    for seed, (name, (seconds, rate)) in enumerate(MIXES.items(), start=1):
        write_mix(folder / f"{name}.wav", music(seconds, rate, seed=seed), rate)
    return folder


@pytest.fixture(scope="session")
def make_mix() -> MakeMix:
    """Return what writes a song of so many seconds at a rate."""

    def make(path: Path, seconds: float, sample_rate_hz: int, *, seed: int, **how: Any) -> Path:
        audio = music(seconds, sample_rate_hz, seed=seed)
        return write_mix(path, audio, sample_rate_hz, **how)

    return make


@pytest.fixture
def new_album(tmp_path: Path, mixes: Path) -> NewAlbum:
    """Return what makes an album that was never built: from a spec, and the usual mixes."""

    def new(text: str = SPEC, name: str = "album") -> Album:
        album = Album(tmp_path / name)
        shutil.copytree(mixes, album.folder / "mixes")
        album.spec.write_text(text, encoding="utf-8")
        return album

    return new


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, mixes: Path) -> Album:
    """Return the small album, built; not to be written to."""
    album = Album(tmp_path_factory.mktemp("built") / "album")
    shutil.copytree(mixes, album.folder / "mixes")
    album.spec.write_text(SPEC, encoding="utf-8")
    assert album.build().report.is_released
    return album


@pytest.fixture
def album(built_once: Album, tmp_path: Path) -> Album:
    """Return a copy of the small album with its outputs and its store."""
    shutil.copytree(built_once.folder, tmp_path / "album")
    return Album(tmp_path / "album")
