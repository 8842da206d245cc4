"""The reader's contract: every frame that a viewer sees, in order, upright, with its true time."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from tests.support.clips import (
    hide_beginning,
    read_barcode,
    steady,
    two_coloured,
    write_clip,
    write_streams,
)
from video_pipeline.frames import VideoReader, open_video
from video_pipeline.frames.pictures.decoded import DecodedPicture
from video_pipeline.frames.pictures.orientation import orientation_of_rotation
from video_pipeline.frames.pictures.pyav_frame import FrameMaker

F = Fraction

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 30), (30, 30, 220), (235, 235, 235)


def numbers(reader: VideoReader) -> list[int]:
    return [read_barcode(frame.rgb()) for frame in reader.frames()]


def corners(path: Path) -> list[tuple[int, ...]]:
    """Colours of the quarters: above left, above right, below left, below right."""
    with open_video(path) as reader:
        image = next(reader.frames()).rgb()
    height, width = image.shape[:2]
    quarters = [
        image[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)
    ]
    known = np.array([RED, GREEN, BLUE, WHITE])
    nearest = [int(np.abs(known - quarter).sum(axis=1).argmin()) for quarter in quarters]
    return [tuple(int(level) for level in known[k]) for k in nearest]


class TestFrames:
    def test_are_those_that_a_plain_loop_decodes(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(60), b_frames=3)
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            wanted = [F(f.pts or 0) * (stream.time_base or 0) for f in container.decode(stream)]
        with open_video(clip) as reader:
            assert [frame.pts for frame in reader.frames()] == [pts - wanted[0] for pts in wanted]

    @pytest.mark.parametrize("n_threads", [0, 1, 2, 7])
    def test_come_in_the_order_of_presentation(self, tmp_path: Path, n_threads: int) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(60), b_frames=8, gop=250)
        with open_video(clip, n_threads=n_threads) as reader:
            assert numbers(reader) == list(range(60))

    def test_of_b_frames_in_an_avi_have_their_own_times(self, tmp_path: Path) -> None:
        # AVI numbers frames in decoding order; FFmpeg hands B-frames their neighbours' times.
        clip = write_clip(tmp_path / "c.avi", steady(60), time_base=F(1, 25), b_frames=3)
        with open_video(clip) as reader:
            found = [(read_barcode(f.rgb()), f.pts) for f in reader.frames()]
        assert found == list(enumerate(steady(60)))

    def test_that_an_edit_list_hides_are_never_shown(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(75), gop=30, b_frames=3)
        hide_beginning(clip, F(13, 10))
        with open_video(clip) as reader:
            found = [(read_barcode(f.rgb()), f.pts) for f in reader.frames()]
            report = reader.report
        assert found == [(33 + k, pts) for k, pts in enumerate(steady(42))]
        assert report.is_complete
        assert report.n_lost == 0

    def test_without_timestamps_get_the_declared_rate_and_a_warning(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.h264", steady(30))
        with open_video(clip) as reader:
            assert [frame.pts for frame in reader.frames()] == steady(30)
            assert reader.report.warnings == (
                "frames without a time: 30; 25 a second were assumed",
            )

    def test_are_given_once(self, tmp_path: Path) -> None:
        with open_video(write_clip(tmp_path / "c.mp4", steady(5))) as reader:
            assert len(list(reader.frames())) == 5
            with pytest.raises(RuntimeError, match="once"):
                reader.frames()

    def test_cannot_be_taken_from_a_closed_reader(self, tmp_path: Path) -> None:
        reader = open_video(write_clip(tmp_path / "c.mp4", steady(50)))
        frames = reader.frames()
        kept = next(frames)
        reader.close()
        reader.close()
        with pytest.raises(RuntimeError, match="closed"):
            next(frames)
        assert read_barcode(kept.rgb()) == 0

    def test_position_follows_them(self, tmp_path: Path) -> None:
        with open_video(write_clip(tmp_path / "c.mp4", steady(30))) as reader:
            assert reader.position_s == 0.0
            assert [reader.position_s for _ in reader.frames()] == [k / 25 for k in range(30)]


class TestInfo:
    def test_tells_what_the_header_says(self, tmp_path: Path) -> None:
        rate = F(30000, 1001)
        clip = write_clip(tmp_path / "c.mp4", steady(30, rate), rate_hz=rate, size_px=(90, 160))
        with open_video(clip) as reader:
            info = reader.info
        assert (info.height_px, info.width_px, info.codec) == (90, 160, "h264")
        assert info.frame_rate == rate
        assert info.duration_s == pytest.approx(1.001)
        assert info.path == str(clip)

    def test_names_codecs_as_people_do(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.webm", steady(5), codec="libvpx-vp9")
        with open_video(clip) as reader:
            assert reader.info.codec == "vp9"


class TestOrientation:
    def clip(self, folder: Path, *, rotation: int = 0, is_mirrored: bool = False) -> Path:
        return write_clip(
            folder / "c.mp4",
            steady(2),
            picture=two_coloured,
            rotation=rotation,
            is_mirrored=is_mirrored,
        )

    def test_without_a_matrix_is_as_stored(self, tmp_path: Path) -> None:
        assert corners(self.clip(tmp_path)) == [RED, GREEN, BLUE, WHITE]

    @pytest.mark.parametrize(
        ("rotation", "wanted"),
        [
            (90, [GREEN, WHITE, RED, BLUE]),
            (180, [WHITE, BLUE, GREEN, RED]),
            (270, [BLUE, RED, WHITE, GREEN]),
        ],
    )
    def test_rotation_is_applied(
        self, tmp_path: Path, rotation: int, wanted: list[tuple[int, ...]]
    ) -> None:
        assert corners(self.clip(tmp_path, rotation=rotation)) == wanted

    def test_a_mirror_is_no_rotation(self, tmp_path: Path) -> None:
        clip = self.clip(tmp_path, is_mirrored=True)
        assert corners(clip) == [GREEN, RED, WHITE, BLUE]
        with open_video(clip) as reader:
            assert reader.report.warnings == ("shown mirrored, as its display matrix asks",)

    def test_a_turned_picture_is_as_wide_as_it_was_high(self, tmp_path: Path) -> None:
        with open_video(self.clip(tmp_path, rotation=90)) as reader:
            assert (reader.info.height_px, reader.info.width_px) == (160, 120)
            assert next(reader.frames()).rgb().shape == (160, 120, 3)

    def test_it_survives_a_change_of_decoder(self, tmp_path: Path) -> None:
        with open_video(self.clip(tmp_path, rotation=90), n_threads=1) as careful:
            assert next(careful.frames()).rgb().shape == (160, 120, 3)

    def test_side_data_that_pyav_cannot_name_leaves_the_rotation(self) -> None:
        class Decoded:
            rotation = -90

            @property
            def side_data(self) -> object:
                raise ValueError("31 is not a valid Type")

        decoded = DecodedPicture(cast("av.VideoFrame", Decoded()))
        frame = FrameMaker("c.mp4", F(1)).frame(F(0), decoded)
        assert frame.orientation == orientation_of_rotation(-90)


def test_interlaced_video_is_named(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(5), options={"x264-params": "interlaced=1"})
    with open_video(clip) as reader:
        assert numbers(reader) == list(range(5))
        assert reader.report.warnings == ("the video is interlaced: deinterlaced by bwdif",)


class TestPixelAspect:
    def test_wide_pixels_widen_the_picture(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(2), pixel_aspect=F(3, 2))
        with open_video(clip) as reader:
            assert (reader.info.height_px, reader.info.width_px) == (120, 240)
            assert next(reader.frames()).rgb().shape == (120, 240, 3)

    def test_a_fixed_size_is_squeezed_from_the_stored_pixels(self, tmp_path: Path) -> None:
        plain = write_clip(tmp_path / "a.mp4", steady(2))
        wide = write_clip(tmp_path / "b.mp4", steady(2), pixel_aspect=F(3, 2))
        with open_video(plain) as one, open_video(wide) as other:
            narrow, widened = (next(reader.frames()).rgb((50, 50)) for reader in (one, other))
        assert np.array_equal(narrow, widened)

    def test_nonsense_is_left_alone_and_named(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(2), pixel_aspect=F(5))
        with open_video(clip) as reader:
            assert reader.info.width_px == 160
            assert reader.report.warnings == ("the pixel aspect 5 is nonsense and was taken as 1",)


class TestStreams:
    def test_the_largest_picture_is_the_endoscope(self, tmp_path: Path) -> None:
        clip = write_streams(tmp_path / "c.mp4", [(60, 80), (120, 160), (90, 120)])
        with open_video(clip) as reader:
            assert numbers(reader) == list(range(1000, 1010))
            assert "3 video streams" in reader.report.warnings[0]

    def test_a_cover_picture_is_no_video(self, tmp_path: Path) -> None:
        clip = write_streams(tmp_path / "c.mp4", [(480, 640), (120, 160)], covers=[True, False])
        with open_video(clip) as reader:
            assert numbers(reader) == list(range(1000, 1010))
            assert reader.report.warnings == ()


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX systems only")
@pytest.mark.parametrize(
    "name",
    [b"op\xe9ration.mp4", "Eingriff № 5.mp4".encode(), b"a\nb.mp4", b"c%03d.mp4", b"http:x.mp4",
     b"concat:a|b.mp4", b"-i.mp4"],
)  # fmt: skip
def test_file_names_may_be_anything(tmp_path: Path, name: bytes) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(5))
    odd = os.path.join(os.fsencode(tmp_path), name)  # noqa: PTH118  pathlib knows no bytes
    os.rename(clip, odd)  # noqa: PTH104
    with open_video(os.fsdecode(odd)) as reader:
        assert numbers(reader) == list(range(5))


def test_relative_names_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "c.mp4", steady(5))
    monkeypatch.chdir(tmp_path)
    with open_video("c.mp4") as reader:
        assert numbers(reader) == list(range(5))
        assert reader.info.path == "c.mp4"
