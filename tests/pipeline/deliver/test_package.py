"""Files put together from their recipes."""

from pathlib import Path

import pytest

from formats.tags import Tags
from pipeline.deliver.package import Recipe, Silence, WavHead, compose
from pipeline.engine import Artifact, MemoryStore
from pipeline.errors import DeliveryError, StoreError
from pipeline.manifest import FilePromise

PROMISE = FilePromise("folder/a.bin", "bin", 0, "")


def test_parts_are_joined_in_order(memory: MemoryStore, tmp_path: Path) -> None:
    recipe = Recipe(PROMISE, (b"head", Silence(3), memory.add_bytes(b"audio"), b""))
    promise = compose(recipe, tmp_path, path_of=memory.path_of)
    assert (tmp_path / "folder/a.bin").read_bytes() == b"head\0\0\0audio"
    assert promise.size_bytes == 12


@pytest.mark.parametrize("n_bytes", [0, 1, 1 << 20, (1 << 20) + 5])
def test_silence_has_its_exact_length(
    memory: MemoryStore, tmp_path: Path, n_bytes: int
) -> None:
    promise = compose(Recipe(PROMISE, (Silence(n_bytes),)), tmp_path, path_of=memory.path_of)
    assert (tmp_path / promise.name).read_bytes() == bytes(n_bytes)


def test_a_tag_that_cannot_be_written_names_the_file_and_the_spec(
    memory: MemoryStore, tmp_path: Path
) -> None:
    recipe = Recipe(PROMISE, (WavHead(0, 48_000, 24),), Tags(title="two\nlines"))
    with pytest.raises(
        DeliveryError, match=r"folder/a\.bin: cannot carry its tags: title"
    ) as e:
        compose(recipe, tmp_path, path_of=memory.path_of)
    assert e.value.hint == "mend the text in album.yaml"


def test_audio_that_is_damaged_in_the_store_is_not_blamed_on_the_tags(
    memory: MemoryStore, tmp_path: Path
) -> None:
    recipe = Recipe(PROMISE, (memory.add_bytes(b"fLaC rubbish"),), Tags(title="Tide"))
    with pytest.raises(DeliveryError, match="cannot be made from the store"):
        compose(recipe, tmp_path, path_of=memory.path_of)


def test_what_is_gone_from_the_store_is_named(memory: MemoryStore, tmp_path: Path) -> None:
    gone = Artifact("f" * 64, 5)
    with pytest.raises(StoreError, match=f"{'f' * 64}: the disk answers: No such file"):
        compose(Recipe(PROMISE, (gone,)), tmp_path, path_of=memory.path_of)


def test_a_disk_that_refuses_is_a_sentence(memory: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way")
    with pytest.raises(StoreError, match="folder: the disk answers: File exists"):
        compose(Recipe(PROMISE, (b"x",)), tmp_path, path_of=memory.path_of)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is always full")
def test_a_full_disk_is_said_to_be_full(memory: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / PROMISE.name).symlink_to("/dev/full")
    with pytest.raises(StoreError, match="the disk is full") as caught:
        compose(Recipe(PROMISE, (b"x" * 100_000,)), tmp_path, path_of=memory.path_of)
    assert "free some space" in caught.value.hint
