"""RGB from YUV of every kind, held against the defining formulas (H.273), and the resize rule."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import steady, write_clip
from video_pipeline.frames import RESIZE_RULE, open_video, resize_rgb
from video_pipeline.frames.pictures.pixels import RESIZE_RULES, RgbConverter

# Matrix: H.273 number, K_r, K_b.
BT709, BT601, BT2020 = (1, 0.2126, 0.0722), (6, 0.299, 0.114), (9, 0.2627, 0.0593)
UNTAGGED = 2
LIMITED, FULL = 1, 2


def tiles(height: int, width: int) -> NDArray[np.uint8]:
    """Flat tiles of 16 x 16 px in many colours, so that chroma needs no interpolation."""
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    return colours.repeat(16, axis=0).repeat(16, axis=1)


def inside(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The middle pixel of every tile."""
    return image[8::16, 8::16].astype(np.int64)


def yuv_frame(
    rgb: NDArray[np.uint8],
    *,
    matrix: tuple[int, float, float],
    is_full: bool,
    tag: int,
    pix_fmt: str = "yuv420p",
) -> av.VideoFrame:
    """Encode RGB as Y'CbCr by the book; ``tag`` is the matrix number that the frame carries."""
    _, k_r, k_b = matrix
    red, green, blue = (rgb[:, :, k] / 255 for k in range(3))
    luma = k_r * red + (1 - k_r - k_b) * green + k_b * blue
    difference_b = (blue - luma) / (2 * (1 - k_b))
    difference_r = (red - luma) / (2 * (1 - k_r))
    is_ten_bit = "10" in pix_fmt
    top, unit = (1023, 4) if is_ten_bit else (255, 1)
    if is_full:
        levels = [luma * top, difference_b * top + 128 * unit, difference_r * top + 128 * unit]
    else:
        levels = [(16 + 219 * luma) * unit]
        levels += [(128 + 224 * d) * unit for d in (difference_b, difference_r)]
    frame = av.VideoFrame(rgb.shape[1], rgb.shape[0], pix_fmt)
    for plane, level in zip(frame.planes, levels, strict=True):
        across, down = rgb.shape[1] // plane.width, rgb.shape[0] // plane.height
        dtype = np.uint16 if is_ten_bit else np.uint8
        rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
        rows[:, : plane.width] = np.clip(np.round(level), 0, top)[::down, ::across]
    frame.colorspace = tag
    frame.color_range = FULL if is_full else LIMITED
    return frame


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv422p10le"])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("matrix", [BT709, BT601, BT2020], ids=["709", "601", "2020"])
def test_tagged_frames_give_the_picture_that_went_in(
    matrix: tuple[int, float, float], *, is_full: bool, pix_fmt: str
) -> None:
    rgb = tiles(96, 128)
    frame = yuv_frame(rgb, matrix=matrix, is_full=is_full, tag=matrix[0], pix_fmt=pix_fmt)
    assert np.abs(inside(RgbConverter().rgb(frame)) - inside(rgb)).max() <= 2


@pytest.mark.parametrize(("height", "matrix"), [(720, BT709), (704, BT601)], ids=["HD", "SD"])
def test_untagged_frames_follow_the_convention_of_their_height(
    height: int, matrix: tuple[int, float, float]
) -> None:
    rgb = tiles(height, 64)
    frame = yuv_frame(rgb, matrix=matrix, is_full=False, tag=UNTAGGED)
    assert np.abs(inside(RgbConverter().rgb(frame)) - inside(rgb)).max() <= 2


@pytest.mark.parametrize("is_full", [False, True])
def test_gray_reaches_from_black_to_white(*, is_full: bool) -> None:
    ramp = np.arange(256, dtype=np.float64)
    stored = ramp if is_full else 16 + ramp * 219 / 255
    frame = av.VideoFrame.from_ndarray(
        np.tile(np.round(stored).astype(np.uint8), (16, 1)), format="gray"
    )
    frame.color_range = FULL if is_full else LIMITED
    rgb = RgbConverter().rgb(frame)
    assert rgb.shape == (16, 256, 3)
    assert np.abs(rgb[0].astype(np.int64) - ramp[:, np.newaxis]).max() <= 1


@pytest.mark.parametrize("pix_fmt", ["rgb24", "bgr24", "gbrp"])
def test_rgb_channels_keep_their_order(pix_fmt: str) -> None:
    rgb = tiles(32, 48)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pix_fmt)
    assert np.array_equal(RgbConverter().rgb(frame), rgb)


@pytest.mark.parametrize("size_px", [(97, 131), (96, 131), (97, 128)])
def test_odd_sizes_convert_whole(tmp_path: Path, size_px: tuple[int, int]) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(2), size_px=size_px, pix_fmt="yuv444p")
    with open_video(clip) as reader:
        assert next(reader.frames()).rgb().shape == (*size_px, 3)


def test_two_clips_of_one_picture_differ_only_by_their_tags(tmp_path: Path) -> None:
    rgb = tiles(96, 128)
    shown = []
    for matrix, name in ((BT709, "bt709"), (BT601, "smpte170m")):
        path = tmp_path / f"{name}.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            assert isinstance(stream, av.VideoStream)
            stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
            stream.codec_context.colorspace = matrix[0]
            stream.codec_context.color_range = LIMITED
            stream.codec_context.options = {"qp": "1"}
            frame = yuv_frame(rgb, matrix=matrix, is_full=False, tag=matrix[0])
            frame.pts, frame.time_base = 0, Fraction(1, 25)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        with open_video(path) as reader:
            shown.append(inside(next(reader.frames()).rgb()))
    assert np.abs(shown[0] - shown[1]).max() <= 4
    assert np.abs(shown[0] - inside(rgb)).max() <= 4


def test_the_resize_rule_is_opencv_inter_area() -> None:
    image = tiles(96, 128)
    resized = resize_rgb(image, (50, 70))
    assert RESIZE_RULE == "opencv_inter_area"
    assert np.array_equal(resized, cv2.resize(image, (70, 50), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv420p10le", "gray", "gbrp"])
@pytest.mark.parametrize("size_px", [(224, 224), (37, 91)])
def test_the_fast_rule_is_within_47_db_of_the_reference(
    tmp_path: Path, size_px: tuple[int, int], pix_fmt: str, rotation: int
) -> None:
    codec = "libx264rgb" if pix_fmt == "gbrp" else "libx264"
    clip = write_clip(
        tmp_path / "c.mp4",
        steady(2),
        size_px=(480, 854),
        codec=codec,
        pix_fmt="rgb24" if pix_fmt == "gbrp" else pix_fmt,
        picture=scene,
        rotation=rotation,
    )
    with open_video(clip) as reader:
        frame = next(iter(reader.frames()))
        reference, fast = (frame.rgb(size_px, resize_rule=rule) for rule in RESIZE_RULES)
    error = float(np.mean((reference.astype(np.float64) - fast) ** 2))
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 47


def test_an_unknown_rule_is_refused(tmp_path: Path) -> None:
    with open_video(write_clip(tmp_path / "c.mp4", steady(2))) as reader:
        frame = next(iter(reader.frames()))
        with pytest.raises(ValueError, match="a resize rule is one of"):
            frame.rgb((10, 10), resize_rule="nearest")


def scene(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Soft colours with some grain, as a camera shows them."""
    height, width = size_px
    y, x = np.mgrid[:height, :width]
    soft = [120 + 60 * np.sin((a * x + b * y + number) / 70) for a, b in ((1, 2), (2, 1), (1, -1))]
    grain = np.random.default_rng(number).normal(0, 3, (height, width, 1))
    return np.clip(np.stack(soft, axis=-1) + grain, 0, 255).astype(np.uint8)


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    image = tiles(32, 48)
    assert resize_rgb(image, (32, 48)) is image
