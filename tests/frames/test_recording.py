"""Files read as one recording: held against the clip that was never split, and against barcodes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import fields, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.clips import cut_file, damage_packet, read_barcode, steady, write_clip
from video_pipeline.errors import RecordingError
from video_pipeline.frames import (
    ChosenTimes,
    DecodeReport,
    FrameSampler,
    RegularTimes,
    SamplingTimes,
    VideoReader,
    open_video,
    sample_frames,
)
from video_pipeline.frames.joined.joined_reader import JoinedReader
from video_pipeline.records import FrameBatch

F = Fraction
PAL, NTSC = F(25), F(30000, 1001)
FASTSTART = {"movflags": "faststart"}


def write_split(
    folder: Path,
    lengths: Sequence[int],
    *,
    rate: Fraction = PAL,
    suffix: str = "mp4",
    container_options: dict[str, str] | None = None,
) -> tuple[Path, list[Path]]:
    """A clip, and the same frames in files of ``lengths`` frames; times are not rounded in mp4."""
    time_base = F(1, 90000) if suffix == "ts" else F(1, 1000 if suffix == "mkv" else 120000)

    def write(name: str, numbers: range) -> Path:
        return write_clip(
            folder / f"{name}.{suffix}",
            steady(len(numbers), rate),
            rate_hz=rate,
            size_px=(48, 80),
            numbers=numbers,
            time_base=time_base,
            container_options=container_options,
        )

    ends = list(accumulate(lengths, initial=0))
    parts = [
        write(f"case_part{k}", range(start, end))
        for k, (start, end) in enumerate(pairwise(ends), 1)
    ]
    return write("whole", range(ends[-1])), parts


def with_creation_time(path: Path, time: str) -> Path:
    """Write the file anew, packet by packet, with a creation time in its header, at its front."""
    old = path.rename(path.with_stem("without"))
    with av.open(str(old)) as source, av.open(str(path), "w", options=FASTSTART) as target:
        target.metadata["creation_time"] = time
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    old.unlink()
    return path


def rows_of(reader: VideoReader, times: SamplingTimes) -> list[tuple[int, float, float]]:
    """(number in the pixels, sampling time, pts) of each sample."""
    with reader:
        return [
            (read_barcode(image), float(time), float(pts))
            for batch in FrameSampler(reader, times=times, size_px=None, batch_size=7)
            for image, time, pts in zip(batch.images, batch.times_s, batch.pts_s, strict=True)
        ]


def report_on(paths: Sequence[Path], *, rate_hz: int = 1) -> DecodeReport:
    with open_video(paths) as reader:
        for _ in reader.samples(RegularTimes(F(rate_hz))):
            pass
        return reader.report


class TestUnbroken:
    @pytest.mark.parametrize(
        ("suffix", "rate"),
        [("mp4", PAL), ("mp4", NTSC), ("mp4", F(24000, 1001)), ("mov", F(60)), ("ts", NTSC)],
        ids=str,
    )
    @pytest.mark.parametrize("lengths", [(50, 50), (30, 13, 47, 20, 61), (31, 30)], ids=str)
    def test_parts_give_the_samples_of_the_clip_that_was_not_split(
        self, tmp_path: Path, rate: Fraction, lengths: tuple[int, ...], suffix: str
    ) -> None:
        whole, parts = write_split(tmp_path, lengths, rate=rate, suffix=suffix)
        for hz in (F(1), F(1, 2), F(2, 7), F(10), F(30), rate, F(250)):
            wanted = rows_of(open_video(whole), RegularTimes(hz))
            assert rows_of(open_video(parts), RegularTimes(hz)) == wanted
            assert len({number for number, _, _ in wanted}) > 1 or hz < 1

    def test_a_part_may_be_a_single_frame(self, tmp_path: Path) -> None:
        whole, parts = write_split(tmp_path, (1, 30, 1, 2, 1), rate=NTSC)
        for hz in (F(10), F(1000)):
            wanted = rows_of(open_video(whole), RegularTimes(hz))
            assert rows_of(open_video(parts), RegularTimes(hz)) == wanted

    def test_a_span_or_chosen_moments_may_lie_across_a_seam(self, tmp_path: Path) -> None:
        whole, parts = write_split(tmp_path, (33, 40, 27))
        chosen = ChosenTimes.of([F(0), F(131, 100), F(132, 100), F(133, 100), F(39, 10)])
        for times in (RegularTimes(F(10), F(6, 5), F(3)), chosen):
            wanted = rows_of(open_video(whole), times)
            assert len(wanted) > 4
            assert rows_of(open_video(parts), times) == wanted

    def test_the_report_is_that_of_the_whole(self, tmp_path: Path) -> None:
        whole, parts = write_split(tmp_path, (31, 30, 62), rate=NTSC)
        one, many = report_on([whole]), report_on(parts)
        for field in fields(DecodeReport):
            if field.name not in {"warnings", "declared_duration_s", "n_decoded"}:
                assert getattr(many, field.name) == getattr(one, field.name), field.name
        assert one.duration_s == float(123 / NTSC)
        assert one.declared_duration_s is not None
        assert many.declared_duration_s == pytest.approx(one.declared_duration_s, abs=0.01)
        assert many.gaps == ()

    def test_every_frame_comes_once_at_its_time(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (31, 30, 3), rate=NTSC)
        with open_video(parts) as reader:
            found = [(read_barcode(frame.rgb()), frame.pts) for frame in reader.frames()]
            assert reader.position_s == float(found[-1][1])
            assert reader.report.is_complete
        assert found == list(enumerate(steady(64, NTSC)))

    def test_without_creation_times_nothing_is_made_up(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (50, 25))
        assert report_on(parts).warnings == (
            "2 files joined without pauses: not all of them have a creation time",
        )

    def test_a_frame_on_display_at_the_seam_is_one_object(self, tmp_path: Path) -> None:
        # 31 frames end at 1.03436 s: frame 30 is on display at 1.034 s, in the last millisecond.
        _, parts = write_split(tmp_path, (31, 30), rate=NTSC)
        with open_video(parts) as reader:
            frames = [sample.frame for sample in reader.samples(RegularTimes(F(500)))]
        runs = [f for k, f in enumerate(frames) if k == 0 or f is not frames[k - 1]]
        assert len(runs) == 61


class TestPauses:
    def parts(self, folder: Path, *times: str, suffix: str = "mp4") -> list[Path]:
        """Two seconds each, of 25 frames a second, created at these times of one day."""
        _, parts = write_split(folder, [50] * len(times), suffix=suffix)
        return [
            with_creation_time(path, f"2024-01-05T{time}.000000Z")
            for path, time in zip(parts, times, strict=True)
        ]

    @pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
    def test_a_pause_is_a_gap_without_frames(self, tmp_path: Path, suffix: str) -> None:
        parts = self.parts(tmp_path, "08:00:00", "08:00:12", suffix=suffix)
        rows = rows_of(open_video(parts), RegularTimes())
        assert [(number, time) for number, time, _ in rows] == [
            (0, 0.0), (25, 1.0), (50, 12.0), (75, 13.0),
        ]  # fmt: skip
        report = report_on(parts)
        assert report.gaps == ((2.0, 12.0),)
        assert (report.n_seconds, report.duration_s) == (14, 14.0)
        assert report.is_complete
        assert report.warnings[-1] == (
            f"2 files joined; creation times tell of pauses: 10 s before case_part2.{suffix}"
        )

    def test_an_unbroken_recording_shows_none(self, tmp_path: Path) -> None:
        report = report_on(self.parts(tmp_path, "08:00:00", "08:00:02", "08:00:05"))
        assert (report.gaps, report.n_seconds) == ((), 6)
        assert report.warnings == ("3 files joined without pauses, as their creation times say",)

    def test_times_of_a_copy_are_not_believed(self, tmp_path: Path) -> None:
        report = report_on(self.parts(tmp_path, "08:00:00", "08:00:00"))
        assert report.gaps == ()
        assert report.warnings == (
            "2 files joined without pauses: their creation times are the same",
        )

    def test_the_lost_end_of_a_part_is_a_gap_where_the_clock_is_known(self, tmp_path: Path) -> None:
        _, (first, second) = write_split(tmp_path, (250, 50))
        cut_file(with_creation_time(first, "2024-01-05T08:00:00Z"), 0.5)
        with_creation_time(second, "2024-01-05T08:00:10Z")
        report = report_on([first, second])
        ((start_s, end_s),) = report.gaps
        assert 1 < start_s < 5
        assert (end_s, report.duration_s) == (10.0, 12.0)
        assert not report.is_complete


class TestInfo:
    def test_tells_of_the_first_part_and_how_long_all_are(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (50, 25))
        info = open_video(parts).info
        assert (info.path, info.width_px, info.height_px) == (str(parts[0]), 80, 48)
        assert info.duration_s == pytest.approx(3.0)

    def test_different_pictures_are_allowed_and_noted(self, tmp_path: Path) -> None:
        parts = [
            write_clip(tmp_path / "a.mp4", steady(25)),
            write_clip(tmp_path / "b.mp4", steady(25), size_px=(144, 200)),
        ]
        shapes = [batch.images.shape for batch in sample_frames(parts, rate_hz=4, size_px=None)]
        assert shapes == [(4, 120, 160, 3), (4, 144, 200, 3)]
        assert report_on(parts).warnings[0] == (
            "b.mp4: its picture is 200 x 144 px, that of the first file 160 x 120 px"
        )


class TestDamage:
    def test_seconds_of_a_part_become_seconds_of_the_whole(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (60, 100))
        # Every frame is sampled, so whatever is damaged is met.
        alone = report_on([damage_packet(parts[1], 30)], rate_hz=25)
        assert alone.damaged_seconds
        joined = report_on(parts, rate_hz=25)
        # Second k of the part lies in seconds 2 + k and 3 + k of the whole: it begins at 2.4 s.
        wanted = {2 + k for k in alone.damaged_seconds} | {3 + k for k in alone.damaged_seconds}
        assert joined.damaged_seconds == tuple(sorted(wanted))
        assert joined.n_corrupt + joined.n_lost == alone.n_corrupt + alone.n_lost > 0
        assert joined.warnings[:-1] == tuple(f"case_part2.mp4: {text}" for text in alone.warnings)

    def test_what_all_parts_say_is_said_once(self, tmp_path: Path) -> None:
        parts = [
            write_clip(tmp_path / name, steady(25), rotation=90) for name in ("a.mp4", "b.mp4")
        ]
        assert report_on(parts).warnings[0] == (
            "each file: shown turned, as its display matrix asks"
        )

    def test_a_cut_part_makes_the_whole_incomplete(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (100, 50), container_options=FASTSTART)
        cut_file(parts[0], 0.6)
        report = report_on(parts)
        assert not report.is_complete
        assert "case_part1.mp4: the recording was cut off or cannot be read to its end" in (
            report.warnings
        )
        assert 2 < report.duration_s < 5.5

    @pytest.mark.parametrize("is_joined", [False, True])
    def test_frames_leave_the_report_that_samples_leave(
        self, tmp_path: Path, is_joined: bool
    ) -> None:
        paused = [F(0), *(9 + t for t in steady(25)), *(F(20) + t for t in steady(25))]
        parts = [write_clip(tmp_path / "a.mp4", steady(35)), tmp_path / "b.mkv"]
        write_clip(parts[1], paused)
        chosen = parts if is_joined else parts[1:]
        with open_video(chosen) as reader:
            for _ in reader.frames():
                pass
            read = reader.report
        sampled = report_on(chosen)
        assert replace(read, method="", n_decoded=0) == replace(sampled, method="", n_decoded=0)
        assert len(read.gaps) == 2

    def test_gaps_within_a_part_are_moved(self, tmp_path: Path) -> None:
        paused = steady(25) + [5 + t for t in steady(25)]
        parts = [
            write_clip(tmp_path / "a.mp4", steady(35)),
            write_clip(tmp_path / "b.mp4", paused, numbers=range(35, 85)),
        ]
        assert report_on(parts).gaps == ((2.4, 6.4),)
        found = [number for number, _, _ in rows_of(open_video(parts), RegularTimes())]
        # Frame 59, of 2.36 s, is on display for two seconds more.
        assert found == [0, 25, 50, 59, 59, 75]


class TestOpening:
    def test_a_part_that_cannot_be_read_fails_the_whole_at_once(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (25, 25))
        bad = tmp_path / "case_part3.mp4"
        bad.write_text("no video")
        with pytest.raises(RecordingError, match="not a video container") as caught:
            open_video([*parts, bad])
        assert caught.value.path == str(bad)

    def test_one_part_is_open_at_a_time(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (31, 30, 31), rate=NTSC)
        n_open, most_open = 0, 0

        def open_counted(path: str) -> VideoReader:
            nonlocal n_open, most_open
            reader = open_video(path)
            n_open, most_open = n_open + 1, max(most_open, n_open + 1)
            close = reader.close

            def close_counted() -> None:
                nonlocal n_open
                n_open -= 1
                close()

            reader.close = close_counted  # type: ignore[method-assign]
            return reader

        with JoinedReader(parts, open_counted) as reader:
            assert len(list(reader.samples(RegularTimes(F(1000))))) == 3069
        assert (n_open, most_open) == (0, 1)

    def test_no_path_is_a_wrong_call(self) -> None:
        with pytest.raises(ValueError, match="at least one file"):
            open_video([])

    def test_a_single_path_in_a_list_is_that_file(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(25))
        with open_video([clip]) as one, open_video(clip) as other:
            assert type(one) is type(other)

    def test_frames_are_given_once_and_not_after_closing(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (25, 25))
        reader = open_video(parts)
        frames = reader.frames()
        kept = next(frames)
        with pytest.raises(RuntimeError, match="once"):
            reader.samples(RegularTimes())
        reader.close()
        reader.close()
        with pytest.raises(RuntimeError, match="closed"):
            next(frames)
        assert read_barcode(kept.rgb()) == 0
        assert not reader.report.is_complete

    def test_a_reader_that_was_closed_opens_no_part(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (25, 25))
        for take in (JoinedReader.frames, lambda reader: reader.samples(RegularTimes())):
            reader = JoinedReader(parts, open_video)
            taken = take(reader)
            reader.close()
            with pytest.raises(RuntimeError, match="closed"):
                next(taken)

    def test_it_may_be_read_in_another_thread(self, tmp_path: Path) -> None:
        _, parts = write_split(tmp_path, (25, 25))
        found: list[FrameBatch] = []
        reader = open_video(parts)
        sampler = FrameSampler(reader)
        thread = threading.Thread(target=lambda: found.extend(sampler))
        thread.start()
        thread.join()
        reader.close()
        assert np.concatenate([batch.times_s for batch in found]).tolist() == [0.0, 1.0]


def test_parts_lie_where_the_whole_has_them(tmp_path: Path) -> None:
    _, parts = write_split(tmp_path, (31, 30, 20))
    with open_video(parts) as reader:
        assert isinstance(reader, JoinedReader)
        for _ in reader.frames():
            pass
        found = [(part.path, part.start_s, part.duration_s) for part in reader.parts]
    assert found == [
        (str(parts[0]), 0.0, 1.24),
        (str(parts[1]), 1.24, 1.2),
        (str(parts[2]), 2.44, 0.8),
    ]
