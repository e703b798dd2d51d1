from __future__ import annotations

import pytest

from pipeline.intake.variants import Kind, variant_of, version_of

FILES = {"rain": "mixes/01 Rain_mix_v3.wav", "again": "mixes/02 rain again.wav"}
TITLES = {"rain": "Rain", "again": "Rain Again"}


@pytest.mark.parametrize(
    ("path", "track", "kind"),
    [
        ("mixes/01 Rain_mix_v4.wav", "rain", Kind.TAKE),
        ("mixes/Rain (final).wav", "rain", Kind.TAKE),
        ("mixes/RAIN.flac", "rain", Kind.TAKE),
        ("mixes/Rain (Instrumental).wav", "rain", Kind.ALTERNATE),
        ("mixes/Rain - a cappella.wav", "rain", Kind.ALTERNATE),
        ("mixes/Rain TV mix.wav", "rain", Kind.ALTERNATE),
        ("mixes/01_Rain_Drums.wav", "rain", Kind.STEM),
        ("mixes/Rain - lead vocal stem.wav", "rain", Kind.STEM),
        ("mixes/Rain again inst.wav", "again", Kind.ALTERNATE),
    ],
)
def test_a_name_says_what_a_file_is_to_which_track(path: str, track: str, kind: Kind) -> None:
    found = variant_of(path, files=FILES, titles=TITLES)
    assert found is not None
    assert (found.track, found.kind) == (track, kind)


@pytest.mark.parametrize("path", ["Rain radio edit.wav", "Rainfall.wav", "Drums.wav", "ra.wav"])
def test_other_names_say_nothing(path: str) -> None:
    assert variant_of(path, files=FILES, titles=TITLES) is None


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("a/Song_mix_v3.wav", 3),
        ("Song mix12.wav", 12),
        ("Song.wav", None),
        ("03 Song.wav", None),
    ],
)
def test_a_version_is_read_from_a_name(path: str, version: int | None) -> None:
    assert version_of(path) == version
