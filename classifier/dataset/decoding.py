"""The bytes of an image file in, upright RGB pixels out, by one decoder for every caller.

Pillow decodes. It gives the pixels that OpenCV gives, says nothing on stderr, and can be watched:
``jpeg_structure`` says how damage in a JPEG is noticed that libjpeg itself only warns of.
"""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.ImageFile import ImageFile

from classifier.dataset.chunk_structure import read_png_structure, read_webp_structure
from classifier.dataset.image_headers import (
    Format,
    ImageFaultError,
    exif_orientation,
    foreign_format_of,
    format_of,
)
from classifier.dataset.jpeg_structure import JpegStructure, WatchedBytes, read_jpeg_structure

__all__ = ["MAX_PIXELS", "DecodedImage", "decode_image"]

MAX_PIXELS = 8192 * 4352
"""Larger images are refused before they are decoded, as recordings of larger pictures are."""

_DECODER_ERRORS = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    Image.DecompressionBombError,
    struct.error,
    zlib.error,
)
"""What Pillow has been seen to raise of damaged files; ``OSError`` for most."""

_BITS_PER_SAMPLE = 258
_one_at_a_time = threading.Lock()

_LARGE_PX = 1 << 22
_large = threading.Lock()
"""Held while a large image is decoded: several at once would fill the memory."""


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """Pixels, and what was done to get them."""

    pixels: NDArray[np.uint8]
    """(height, width, 3) RGB, upright."""
    format: Format
    orientation: int
    """As EXIF asked for, 1 to 8; already applied."""
    n_bits: int
    """Of a channel in the file; more than 8 were scaled to 8."""
    is_cmyk: bool
    is_animated: bool
    """More pictures follow, of which nothing is used."""


@dataclass(frozen=True, eq=False)
class _Opened:
    """An image whose size is known and whose pixels are not decoded yet."""

    image: ImageFile
    orientation: int = 1
    n_bits: int = 8
    is_animated: bool = False
    jpeg: JpegStructure | None = None
    watched: WatchedBytes | None = None


def decode_image(
    content: bytes, *, max_pixels: int = MAX_PIXELS, thorough: bool = False
) -> DecodedImage:
    """Decode an image by what it is, not by what it is called.

    EXIF orientation is applied; transparency is dropped, which shows the colours below it; grey
    becomes three equal channels; CMYK becomes RGB; of 16 bits the upper 8 are taken; of several
    pictures the first. Colour profiles and gamma are not applied.

    ``thorough`` decodes kinds of JPEG a second time in which damage hides otherwise.

    Raises:
        ImageFaultError: it is empty, cut off, damaged, larger than ``max_pixels`` or no image.
    """
    if not content:
        raise ImageFaultError("empty", "the file is empty")
    found = format_of(content)
    if found is None:
        raise _not_an_image(content)
    decode = _decode_quietly if found == "TIFF" else _decode
    try:
        return decode(found, content, max_pixels, thorough)
    except _DECODER_ERRORS as error:
        raise _damaged() from error


def _not_an_image(content: bytes) -> ImageFaultError:
    foreign = foreign_format_of(content)
    if foreign is None:
        return ImageFaultError("not_an_image", "not an image")
    return ImageFaultError("not_supported", f"{foreign} is not read", hint="save it as JPEG or PNG")


def _decode(found: Format, content: bytes, max_pixels: int, thorough: bool) -> DecodedImage:
    opened = _OPENERS[found](content, max_pixels)
    image = opened.image
    with _large if image.width * image.height > _LARGE_PX else nullcontext():
        pixels = _rgb(image)
        # Pillow turns TIFF files itself.
        if found != "TIFF":
            pixels = _upright(pixels, opened.orientation)
        if opened.watched is not None and not opened.watched.asked_for_all:
            raise _damaged()
        if thorough and opened.jpeg is not None and opened.jpeg.hides_damage:
            _require_sound(opened.jpeg)
    return DecodedImage(
        pixels=pixels,
        format=found,
        orientation=opened.orientation,
        n_bits=opened.n_bits,
        is_cmyk=image.mode == "CMYK",
        is_animated=opened.is_animated,
    )


def _require_sound(structure: JpegStructure) -> None:
    """Have FFmpeg decode it, which can be told to stop at a wrong code, where it is there."""
    try:
        import av
    except ImportError:
        return
    decoder = av.CodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    decoder.options = {"err_detect": "explode"}
    try:
        decoder.decode(av.Packet(structure.content))
        decoder.decode(None)
    except av.error.InvalidDataError as error:
        raise _damaged() from error
    except av.error.FFmpegError:
        # A kind of JPEG that it does not know.
        return


def _damaged() -> ImageFaultError:
    return ImageFaultError("damaged", "the image's data are damaged")


def _open_jpeg(content: bytes, max_pixels: int) -> _Opened:
    structure = read_jpeg_structure(content)
    _require_at_most(max_pixels, structure.height_px, structure.width_px)
    watched = WatchedBytes(structure) if structure.tells_its_end else None
    file = watched if watched is not None else io.BytesIO(structure.content)
    return _Opened(
        JpegImagePlugin.JpegImageFile(file),
        structure.orientation,
        jpeg=structure,
        watched=watched,
    )


def _open_png(content: bytes, max_pixels: int) -> _Opened:
    structure = read_png_structure(content)
    _require_at_most(max_pixels, structure.height_px, structure.width_px)
    image = PngImagePlugin.PngImageFile(io.BytesIO(structure.content))
    return _Opened(image, structure.orientation, structure.n_bits, structure.is_animated)


def _open_webp(content: bytes, max_pixels: int) -> _Opened:
    structure = read_webp_structure(content)
    _require_at_most(max_pixels, structure.height_px, structure.width_px)
    image = WebPImagePlugin.WebPImageFile(io.BytesIO(structure.content))
    return _Opened(image, structure.orientation, is_animated=structure.is_animated)


def _open_bmp(content: bytes, max_pixels: int) -> _Opened:
    image = BmpImagePlugin.BmpImageFile(io.BytesIO(content))
    _require_at_most(max_pixels, image.height, image.width)
    return _Opened(image)


def _open_gif(content: bytes, max_pixels: int) -> _Opened:
    width, height = struct.unpack_from("<HH", content, 6)
    _require_at_most(max_pixels, height, width)
    image = GifImagePlugin.GifImageFile(io.BytesIO(content))
    return _Opened(image, is_animated=image.is_animated)


def _open_tiff(content: bytes, max_pixels: int) -> _Opened:
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(content))
    _require_at_most(max_pixels, image.height, image.width)
    bits = image.tag_v2.get(_BITS_PER_SAMPLE, (8,))
    return _Opened(
        image,
        orientation=exif_orientation(content),
        n_bits=max(bits) if isinstance(bits, tuple) else int(bits),
        is_animated=bool(image.is_animated),
    )


_OPENERS: dict[Format, Callable[[bytes, int], _Opened]] = {
    "JPEG": _open_jpeg,
    "PNG": _open_png,
    "WebP": _open_webp,
    "BMP": _open_bmp,
    "GIF": _open_gif,
    "TIFF": _open_tiff,
}


def _require_at_most(max_pixels: int, height_px: int, width_px: int) -> None:
    if height_px * width_px > max_pixels:
        raise ImageFaultError(
            "too_large",
            f"{width_px} x {height_px} px are more than {max_pixels} pixels",
            hint="make it smaller",
        )


def _rgb(image: ImageFile) -> NDArray[np.uint8]:
    """(height, width, 3) of an image in any of Pillow's modes."""
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    if image.mode in {"I", "F"}:
        raise ImageFaultError("not_supported", "more than 16 bits a channel are not read")
    image.load()
    # What is said of transparency would be converted too, and is dropped here anyway.
    image.info.pop("transparency", None)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


_UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    turn = _UPRIGHT.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def _decode_quietly(found: Format, content: bytes, max_pixels: int, thorough: bool) -> DecodedImage:
    with _one_at_a_time, warnings.catch_warnings(), _silent_stderr():
        warnings.simplefilter("ignore")
        return _decode(found, content, max_pixels, thorough)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Let nothing that compiled code writes reach stderr: libtiff says there what Pillow raises."""
    try:
        saved = os.dup(2)
    except OSError:
        # A service without a stderr: there is nothing to keep clean.
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(null)
        os.close(saved)
