"""Front covers, made ready for embedding: a plain JPEG that every player shows alike."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from formats.errors import FormatError, UnsupportedError

if TYPE_CHECKING:
    from PIL.Image import Image

EMBEDDED_PIXELS = 1400
JPEG_QUALITY = 92

# Decoded as RGBA this takes 200 MB; the largest cover a store asks for is 4000 x 4000.
MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Artwork:
    """A picture as it is embedded; `width` and `height` in pixels, 0 when unknown."""

    data: bytes
    mime: str
    width: int
    height: int

    @property
    def is_square(self) -> bool:
        """Whether it is as wide as it is high, which every store asks for."""
        return self.width == self.height


def prepare_artwork(path: Path) -> Artwork:
    """Read a JPEG or PNG cover and return it ready for embedding.

    Raises
    ------
    FormatError
        If it is no picture, damaged, of another kind, or too large to be opened safely. The
        message speaks of the picture; the caller knows its path.

    Notes
    -----
    At most 1400 pixels wide and high, never enlarged; sRGB with any colour profile applied and
    removed; turned the way EXIF says and EXIF removed; transparency laid on white. One
    Pillow makes the same bytes each time; another version may not.
    """
    from PIL import Image

    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        size = f"is larger than {MAX_FILE_BYTES >> 20} MB"
        raise UnsupportedError(f"the picture {size}: export it as JPEG, 3000 x 3000 pixels")
    with _quiet():
        cover = _plain_rgb(_opened(data))
    cover.thumbnail((EMBEDDED_PIXELS, EMBEDDED_PIXELS), Image.Resampling.LANCZOS)
    out = BytesIO()
    cover.save(out, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4", optimize=True)
    return Artwork(out.getvalue(), "image/jpeg", *cover.size)


def describe_artwork(data: bytes, mime: str) -> Artwork:
    """Return embedded picture bytes with their size in pixels; 0 x 0 if they cannot be read."""
    try:
        with _quiet():
            return Artwork(data, mime, *_opened(data).size)
    except FormatError:
        return Artwork(data, mime, 0, 0)


def _opened(data: bytes) -> Image:
    """Open a picture without decoding it; refuse what would fill the memory."""
    from PIL import Image

    try:
        picture = Image.open(BytesIO(data), formats=("JPEG", "PNG"))
    except Image.DecompressionBombError as error:
        raise UnsupportedError("the picture is far too large to be artwork") from error
    except _DAMAGE as error:
        raise UnsupportedError(_not_a_picture(data)) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        found = f"the picture has {width} x {height} pixels"
        raise UnsupportedError(f"{found}: export it at 3000 x 3000")
    return picture


@contextmanager
def _quiet() -> Iterator[None]:
    # Pillow warns of damaged EXIF, which is thrown away, and of sizes that are checked here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# What Pillow lets out on damaged files, seen under fuzzing.
_DAMAGE = (OSError, SyntaxError, ValueError)


def _not_a_picture(data: bytes) -> str:
    kinds = {
        b"GIF8": "a GIF",
        b"RIFF": "a WebP",
        b"II*\0": "a TIFF",
        b"MM\0*": "a TIFF",
        b"%PDF": "a PDF",
        b"8BPS": "a Photoshop file",
    }
    found = kinds.get(data[:4], "no JPEG or PNG, or a damaged one")
    return f"the picture is {found}; artwork is JPEG or PNG: export it as one"


def _plain_rgb(picture: Image) -> Image:
    try:
        return _on_white(_in_srgb(_eight_bit(_upright(picture))))
    except _DAMAGE as error:
        raise FormatError(f"the picture is damaged ({error}): export it again") from error


def _upright(picture: Image) -> Image:
    """Turn the picture as EXIF says (tag 0x0112); players do not."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    # Not ImageOps.exif_transpose: it writes the rest of EXIF anew and trips over damage there.
    turn = turns.get(picture.getexif().get(0x0112, 1))
    return picture if turn is None else picture.transpose(turn)


def _eight_bit(picture: Image) -> Image:
    # Pillow keeps 16-bit grey as integers and clips them when it converts.
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda value: value / 257).convert("L")


def _in_srgb(picture: Image) -> Image:
    """Apply an embedded colour profile, for players look at the numbers only."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture
    target = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, theirs, srgb, outputMode=target) or picture
    except (ImageCms.PyCMSError, OSError):
        return picture  # a profile that cannot be read is no reason to refuse the picture


def _on_white(picture: Image) -> Image:
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")
