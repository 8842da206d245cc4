from __future__ import annotations

from pathlib import Path

from video_pipeline.batch.table import BatchRow, update_batch_table

DONE = BatchRow("b", "x/b.mp4", "done", 75, "")
FAILED = BatchRow("a", "x/a.mp4", "failed", None, 'no "video" stream, only sound')


def test_rows_of_earlier_calls_stay_and_newer_ones_replace_them(tmp_path: Path) -> None:
    update_batch_table(tmp_path, [DONE, FAILED])
    update_batch_table(tmp_path, [BatchRow("b", "x/b.mp4", "partial", 70, "cut off")])
    assert (tmp_path / "batch.csv").read_bytes() == (
        b"video_id,path,status,seconds,error\n"
        b'a,x/a.mp4,failed,,"no ""video"" stream, only sound"\n'
        b"b,x/b.mp4,partial,70,cut off\n"
    )


def test_a_table_that_is_not_ours_is_written_anew(tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe", b"other,header\n1,2\n", b"video_id,path\x00"):
        (tmp_path / "batch.csv").write_bytes(content)
        update_batch_table(tmp_path, [DONE])
        assert (tmp_path / "batch.csv").read_text().splitlines()[1:] == ["b,x/b.mp4,done,75,"]
