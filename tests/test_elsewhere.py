"""A recording that is cut and put together again: to the last bit what it is in one piece."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import cut_file, damage_packet, steady, write_clip
from tests.support.conformance import CLIPS
from video_pipeline.annotate import Annotation, annotate_video
from video_pipeline.config import AnnotationSettings
from video_pipeline.elsewhere import (
    PieceLostError,
    PieceObserved,
    cut_evenly,
    observe_piece,
)
from video_pipeline.errors import RecordingError
from video_pipeline.frames import RegularTimes, open_video
from video_pipeline.frames.piece_reader import Piece, ReaderInPieces
from video_pipeline.observing import Look
from video_pipeline.records import VideoInfo

F = Fraction
BAD_INPUTS = sorted((Path(__file__).parents[2] / "shared" / "bad_inputs" / "video").glob("*"))


class Means:
    """A classifier without a model: the mean of each colour, and of each row as features."""

    tools = ("red", "green", "blue")
    input_size_px = (48, 64)

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        means = images.mean(axis=(1, 2), dtype=np.float64) / 255
        return means.astype(np.float32), images.mean(axis=(2, 3)).astype(np.float16)


T = TypeVar("T")


def sent(thing: T) -> T:
    """As it arrives elsewhere."""
    arrived: T = pickle.loads(pickle.dumps(thing))  # noqa: S301  our own
    return arrived


class Travelled:
    """Looks at pieces in this process, but only at what pickle makes of them."""

    def __init__(self, n_ways: int = 1000) -> None:
        self.n_ways = n_ways
        self.n_pieces = 0

    def observe(
        self, pieces: Sequence[Piece], look: Look, info: VideoInfo
    ) -> Iterator[PieceObserved]:
        del info
        for piece in pieces:
            self.n_pieces += 1
            yield sent(observe_piece(sent(piece), Means(), look, n_threads=1))


@pytest.fixture(autouse=True)
def every_run_is_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video_pipeline.frames.planned.pieces.SHORTEST_STRETCH_S", 0)


def settings(**changes: object) -> AnnotationSettings:
    return AnnotationSettings(**({"features": True} | changes))  # type: ignore[arg-type]


def contents(annotation: Annotation) -> list[object]:
    """All of it, in what can be compared."""
    found: list[object] = []
    for field in dataclasses.fields(annotation):
        value = getattr(annotation, field.name)
        if field.name == "timeline":
            found += [a.tobytes() for a in vars(value).values() if isinstance(a, np.ndarray)]
        elif isinstance(value, np.ndarray):
            found.append((value.shape, value.tobytes()))
        else:
            found.append(value)
    return found


def assert_same(path: Path | Sequence[Path], asked: AnnotationSettings, n_ways: int = 1000) -> int:
    """Compare both; how many pieces there were, 0 where it could not be cut."""
    elsewhere = Travelled(n_ways)
    apart = annotate_video(path, Means(), asked, elsewhere=elsewhere)
    assert contents(apart) == contents(annotate_video(path, Means(), asked))
    return elsewhere.n_pieces


@pytest.mark.parametrize("name", CLIPS)
def test_a_cut_changes_nothing(tmp_path: Path, name: str) -> None:
    clip = CLIPS[name](tmp_path)
    for rate_hz in (F(1), F(5)):
        n_pieces = assert_same(clip, settings(rate_hz=rate_hz))
        report = annotate_video(clip, Means(), settings(rate_hz=rate_hz)).report
        assert report.method.startswith("planned") or n_pieces == 0


@pytest.mark.parametrize("n_ways", [2, 3, 7, 1000])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_into_how_many_pieces_makes_no_difference(tmp_path: Path, suffix: str, n_ways: int) -> None:
    clip = write_clip(tmp_path / f"c.{suffix}", steady(500), gop=25, b_frames=3)
    n_pieces = assert_same(clip, settings(), n_ways)
    assert 2 <= n_pieces <= n_ways


def test_a_later_beginning_is_found_in_the_middle_of_the_file(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(500), gop=10, b_frames=2)
    assert assert_same(clip, settings(start=F(7), end=F(15))) > 2


@pytest.mark.parametrize("index", [20, 25, 60, 110, 199])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_damage_is_counted_once(tmp_path: Path, suffix: str, index: int) -> None:
    clip = write_clip(tmp_path / f"c.{suffix}", steady(200), gop=25, b_frames=0)
    damage_packet(clip, index)
    assert assert_same(clip, settings(rate_hz=F(5))) > 2


def test_an_end_that_was_cut_off_is_told(tmp_path: Path) -> None:
    clip = cut_file(write_clip(tmp_path / "c.mkv", steady(200), gop=20), 0.7)
    assert_same(clip, settings())


def test_a_recording_of_several_files_is_cut_in_each(tmp_path: Path) -> None:
    parts = [write_clip(tmp_path / f"c{k}.mp4", steady(90 + 7 * k), gop=25) for k in range(3)]
    assert assert_same(parts, settings(), n_ways=6) == 6
    damage_packet(parts[1], 50)
    assert assert_same(parts, settings(rate_hz=F(3))) > 6


def test_a_part_that_cannot_be_cut_keeps_the_others_whole(tmp_path: Path) -> None:
    parts = [write_clip(tmp_path / f"c{k}.{s}", steady(90)) for k, s in enumerate(["mp4", "h264"])]
    assert assert_same(parts, settings()) == 0


def test_a_picture_that_changes_is_noted_as_by_one_reader(tmp_path: Path) -> None:
    sizes = [(120, 160), (240, 320), (120, 160)]
    clip = write_sizes(tmp_path / "c.ts", sizes)
    annotation = annotate_video(clip, Means(), settings())
    assert any("size changes" in warning for warning in annotation.report.warnings)
    assert_same(clip, settings())


def write_sizes(path: Path, sizes: Sequence[tuple[int, int]]) -> Path:
    """Transport streams of several sizes, one behind the other."""
    clips = [
        write_clip(
            path.with_name(f"{k}.ts"),
            [F(50 * k + i, 25) for i in range(50)],
            size_px=size,
            gop=25,
            container_options={"mpegts_copyts": "1"},
        )
        for k, size in enumerate(sizes)
    ]
    path.write_bytes(b"".join(clip.read_bytes() for clip in clips))
    return path


def test_what_cannot_be_read_in_pieces_after_all_is_read_in_one(tmp_path: Path) -> None:
    class Refusing(Travelled):
        def observe(
            self, pieces: Sequence[Piece], look: Look, info: VideoInfo
        ) -> Iterator[PieceObserved]:
            yield from super().observe(pieces[:2], look, info)
            raise PieceLostError

    clip = write_clip(tmp_path / "c.mp4", steady(200), gop=25)
    refusing = Refusing()
    apart = annotate_video(clip, Means(), settings(), elsewhere=refusing)
    assert refusing.n_pieces == 2
    assert contents(apart) == contents(annotate_video(clip, Means(), settings()))


def test_a_cut_gives_each_file_its_share(tmp_path: Path) -> None:
    parts = [
        write_clip(tmp_path / f"c{k}.mp4", steady(n), gop=25) for k, n in enumerate([100, 300])
    ]
    with open_video(parts) as reader:
        assert isinstance(reader, ReaderInPieces)
        cut = cut_evenly(reader.pieces(RegularTimes()), 8)
    assert [len(pieces) for pieces in cut] == [2, 6]
    assert [[len(piece.stretches) for piece in pieces] for pieces in cut] == [[2, 2], [2] * 6]


@pytest.mark.parametrize("path", BAD_INPUTS, ids=lambda path: path.name)
def test_a_bad_file_is_as_bad_in_pieces(path: Path) -> None:
    assert outcome(path, Travelled()) == outcome(path, None)


def outcome(path: Path, elsewhere: Travelled | None) -> object:
    try:
        return contents(annotate_video(path, Means(), settings(), elsewhere=elsewhere))
    except RecordingError as error:
        return str(error)
