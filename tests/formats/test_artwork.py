from __future__ import annotations

import zlib
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from formats.artwork import Artwork, describe_artwork, prepare_artwork
from formats.errors import FormatError, UnsupportedError


def cover(mode: str = "RGB", size: tuple[int, int] = (64, 64)) -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", size, "red")
    picture.paste((0, 0, 255), (size[0] // 2, 0, *size))
    return picture.convert(mode)


def saved(folder: Path, picture: Image.Image, kind: str = "PNG", **options: Any) -> Path:
    path = folder / f"cover.{kind.lower()}"
    picture.save(path, kind, **options)
    return path


def shown(artwork: Artwork) -> Image.Image:
    return Image.open(BytesIO(artwork.data))


def colour(artwork: Artwork, *, at: tuple[float, float]) -> tuple[int, ...]:
    picture = shown(artwork)
    place = int(at[0] * picture.width), int(at[1] * picture.height)
    found = picture.getpixel(place)
    assert isinstance(found, tuple)
    return tuple(round(value / 16) * 16 for value in found)


RED, BLUE, WHITE = (256, 0, 0), (0, 0, 256), (256, 256, 256)
LEFT, RIGHT = (0.2, 0.5), (0.8, 0.5)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_cover_becomes_a_plain_jpeg(kind: str, tmp_path: Path) -> None:
    artwork = prepare_artwork(saved(tmp_path, cover(), kind))
    picture = shown(artwork)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (64, 64))
    assert (artwork.mime, artwork.width, artwork.height) == ("image/jpeg", 64, 64)
    assert "progressive" not in picture.info
    assert (colour(artwork, at=LEFT), colour(artwork, at=RIGHT)) == (RED, BLUE)


def test_a_large_cover_is_made_smaller(tmp_path: Path) -> None:
    artwork = prepare_artwork(saved(tmp_path, cover(size=(3000, 3000))))
    assert shown(artwork).size == (artwork.width, artwork.height) == (1400, 1400)


def test_a_cover_keeps_its_shape(tmp_path: Path) -> None:
    artwork = prepare_artwork(saved(tmp_path, cover(size=(2800, 1400))))
    assert (artwork.width, artwork.height) == (1400, 700)
    assert not artwork.is_square


def test_a_small_cover_is_not_enlarged(tmp_path: Path) -> None:
    artwork = prepare_artwork(saved(tmp_path, cover(size=(300, 300))))
    assert (artwork.width, artwork.height) == (300, 300)
    assert artwork.is_square


def test_the_same_cover_gives_the_same_bytes(tmp_path: Path) -> None:
    path = saved(tmp_path, cover(size=(2000, 2000)))
    assert prepare_artwork(path) == prepare_artwork(path)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "CMYK", "I;16"])
def test_every_kind_of_pixel_becomes_rgb(mode: str, tmp_path: Path) -> None:
    picture = cover("L").convert("I;16") if mode == "I;16" else cover(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert shown(prepare_artwork(saved(tmp_path, picture, kind))).mode == "RGB"


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path: Path) -> None:
    grey = Image.new("I;16", (8, 8), 128 * 257)
    assert colour(prepare_artwork(saved(tmp_path, grey)), at=LEFT) == (128, 128, 128)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    picture = cover("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 32, 64))
    artwork = prepare_artwork(saved(tmp_path, picture))
    assert (colour(artwork, at=LEFT), colour(artwork, at=RIGHT)) == (WHITE, BLUE)


TOP, BOTTOM = (0.5, 0.2), (0.5, 0.8)


@pytest.mark.parametrize(
    ("orientation", "red"),
    [
        (1, LEFT),
        (2, RIGHT),
        (3, RIGHT),
        (4, LEFT),
        (5, TOP),
        (6, TOP),
        (7, BOTTOM),
        (8, BOTTOM),
    ],
)
def test_the_cover_is_turned_as_the_camera_says_and_forgets_it(
    orientation: int, red: tuple[float, float], tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    artwork = prepare_artwork(saved(tmp_path, cover(), "JPEG", exif=exif, quality=95))
    assert colour(artwork, at=red) == RED
    assert not shown(artwork).getexif()
    assert b"camera" not in artwork.data


def test_a_colour_profile_is_applied_and_removed(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Red and blue change names in the profile, so its red is what others call blue.
    swapped = srgb.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1)
    swapped = swapped.replace(b"????", b"bXYZ", 1)
    artwork = prepare_artwork(saved(tmp_path, cover(), icc_profile=swapped))
    assert "icc_profile" not in shown(artwork).info
    assert (colour(artwork, at=LEFT), colour(artwork, at=RIGHT)) == (BLUE, RED)


def test_a_broken_colour_profile_is_ignored(tmp_path: Path) -> None:
    artwork = prepare_artwork(saved(tmp_path, cover(), icc_profile=b"nonsense"))
    assert colour(artwork, at=LEFT) == RED


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no JPEG or PNG"),
        (b"%PDF-1.7", "a PDF"),
        (b"GIF89a", "a GIF"),
        (b"RIFF\0\0\0\0WEBP", "a WebP"),
        (b"II*\0", "a TIFF"),
        (b"8BPS", "a Photoshop file"),
    ],
)
def test_what_is_no_cover_is_named(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "cover").write_bytes(data)
    with pytest.raises(UnsupportedError, match=message):
        prepare_artwork(tmp_path / "cover")


def test_a_real_gif_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="a GIF; artwork is JPEG or PNG"):
        prepare_artwork(saved(tmp_path, cover("P"), "GIF"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_cover_that_is_cut_short_is_refused(kind: str, tmp_path: Path) -> None:
    path = saved(tmp_path, Image.effect_noise((200, 200), 50), kind)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(FormatError, match=r"the picture is damaged .*: export it again"):
        prepare_artwork(path)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (8_000, "has 8000 x 8000 pixels: export it at 3000 x 3000"),
        (12_000, "has 12000 x 12000 pixels: export it at 3000 x 3000"),
        (60_000, "far too large to be artwork"),
    ],
)
def test_a_picture_that_would_fill_the_memory_is_refused(
    pixels: int, message: str, tmp_path: Path
) -> None:
    header = pixels.to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    bomb = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b"")):
        bomb += len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(UnsupportedError, match=message):
        prepare_artwork(tmp_path / "bomb.png")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "cover.png").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(UnsupportedError, match="larger than 64 MB: export it as JPEG"):
        prepare_artwork(tmp_path / "cover.png")


def test_embedded_bytes_are_described(tmp_path: Path) -> None:
    data = saved(tmp_path, cover(size=(30, 20))).read_bytes()
    assert describe_artwork(data, "image/png") == Artwork(data, "image/png", 30, 20)


def test_embedded_bytes_that_are_no_picture_have_no_size() -> None:
    assert describe_artwork(b"?", "image/webp") == Artwork(b"?", "image/webp", 0, 0)


@cache
def srgb() -> bytes:
    """Return one profile: it holds the second in which it was made."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_bytes_only_our_own_errors_escape(
    kind: str, data: st.DataObject, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x011A] = 6, 1.5
    path = saved(tmp_path, cover(), kind, exif=exif, icc_profile=srgb())
    damaged = bytearray(path.read_bytes())
    places = st.integers(0, len(damaged) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=9)):
        damaged[place] = byte
    (tmp_path / "damaged").write_bytes(damaged[: data.draw(places)])
    with suppress(FormatError):
        prepare_artwork(tmp_path / "damaged")
