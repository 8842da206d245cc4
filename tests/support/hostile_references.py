"""Files that name other files or addresses, and files that are no recordings at all.

A reader that follows one shows numbers from 500 on, asks the listening address, or waits for ever
at a pipe that nobody writes into: nothing of the kind may happen.
"""

from __future__ import annotations

import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import cv2

from tests.support.clips import barcode, steady, write_clip
from tests.support.hostile_file import HostileFile, clip, number
from tests.support.hostile_mp4 import box, with_box

__all__ = ["REFERENCE_FILES", "TEXTS", "ReferenceMaker", "alias_to", "bait", "text_file"]

ReferenceMaker = Callable[[Path, int], HostileFile]
"""Folder and the port of the address that is listened to -> the file."""

TEXTS = {
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:{port}/a.ts\n",
    "b.m3u8": "\ufeff#EXTM3U\n#EXTINF:9,\nother.mp4\n#EXTINF:9,\npipe.mp4\n",
    "c.ffconcat": "ffconcat version 1.0\nfile other.mp4\nfile pipe.mp4\n",
    "d.ffconcat": "ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.mp4\n"
    "option protocol_whitelist file,http,tcp\n",
    "e.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "f.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL>"
    "</Representation></AdaptationSet></Period></MPD>",
    "g.asx": '<asx version="3.0"><entry><ref href="rtsp://127.0.0.1:{port}/a"/></entry></asx>',
    "h.strm": "http://127.0.0.1:{port}/a.mp4\n",
    "i.pls": "[playlist]\nFile1=other.mp4\nNumberOfEntries=1\nVersion=2\n",
    "j.smil": '<smil><body><video src="pipe.mp4"/></body></smil>',
    "k.ram": "rtsp://127.0.0.1:{port}/a.rm\n",
    "l.cpl.xml": '<?xml version="1.0"?><CompositionPlaylist '
    'xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:0</Id>'
    "<SegmentList/></CompositionPlaylist>",
    "m.avs": 'DirectShowSource("other.mp4")\n',
    "n.vpy": "import vapoursynth\nvapoursynth.core.lsmas.LWLibavSource('pipe.mp4')\n",
    "o.idx": "# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\n"
    "id: en, index: 0\ntimestamp: 00:00:01:000, filepos: 000000000\n",
    "p.lavfi": "movie=other.mp4,scale=160:120\n",
    "q.qtl": '<?xml version="1.0"?><?quicktime type="application/x-quicktime-media-link"?>'
    '<embed src="http://127.0.0.1:{port}/a.mov"/>',
    "r.ffmeta": ";FFMETADATA1\ntitle=a\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=9\n",
}
"""Play-lists, scripts and descriptions, by a name of their own."""


def bait(folder: Path) -> None:
    """What must not be touched: a recording of the numbers from 500 on, and a pipe."""
    if not (folder / "other.mp4").exists():
        write_clip(folder / "other.mp4", steady(50), b_frames=0, numbers=range(500, 550))
        os.mkfifo(folder / "pipe.mp4")


def text_file(path: Path, kind: str, port: int) -> HostileFile:
    """One of ``TEXTS`` under a name."""
    bait(path.parent)
    path.write_text(TEXTS[kind].replace("{port}", str(port)), encoding="utf-8")
    return HostileFile(path, "REJECT", "the file is text")


def alias_to(target: str) -> bytes:
    """The body of a data reference box that names another file, as FFmpeg understands it."""
    path = target.encode()
    name = path.rpartition(b"/")[2]
    alias = (
        *(number(0), bytes(10), b"\0", bytes(27), bytes(12)),
        *(bytes([len(name)]), name.ljust(63, b"\0"), bytes(16), number(1, 2), number(1, 2)),
        *(
            bytes(16),
            number(2, 2),
            number(len(path), 2),
            path.ljust(len(path) + len(path) % 2, b"\0"),
        ),
        *(b"\xff\xff", bytes(2)),
    )
    return number(0) + number(1) + box(b"alis", b"".join(alias))


def _index_alone(folder: Path, references: bytes) -> Path:
    """The index of ``other.mp4`` without its pictures, which are said to lie elsewhere."""
    bait(folder)
    path = folder / "c.mov"
    path.write_bytes((folder / "other.mp4").read_bytes())
    data = with_box(path, b"dref", references).read_bytes()
    path.write_bytes(data[: data.index(b"ftyp") + 28] + data[data.index(b"moov") - 4 :])
    return path


def mov_with_pictures_in_another_file(folder: Path, port: int) -> HostileFile:
    del port
    return HostileFile(_index_alone(folder, alias_to("other.mp4")), "REJECT")


def mov_with_pictures_in_a_pipe(folder: Path, port: int) -> HostileFile:
    del port
    return HostileFile(_index_alone(folder, alias_to(f"{folder}/pipe.mp4")), "REJECT")


def mov_with_pictures_at_an_address(folder: Path, port: int) -> HostileFile:
    url = number(0) + f"http://127.0.0.1:{port}/a.mov\0".encode()
    path = _index_alone(folder, number(0) + number(1) + box(b"url ", url))
    return HostileFile(path, "REJECT")


def mov_that_is_elsewhere(folder: Path, port: int) -> HostileFile:
    """A QuickTime reference movie: nothing but the address of the real one."""
    url = f"http://127.0.0.1:{port}/a.mov\0".encode()
    reference = box(b"rdrf", number(0) + b"url " + number(len(url)) + url)
    path = folder / "c.mov"
    movie = box(b"moov", box(b"rmra", box(b"rmda", reference)))
    path.write_bytes(box(b"ftyp", b"qt  \0\0\0\0qt  ") + movie)
    return HostileFile(path, "REJECT")


def play_list_behind_a_tag(folder: Path, port: int) -> HostileFile:
    """FFmpeg passes over an ID3 tag before it looks at what a file is."""
    file = text_file(folder / "c.mp4", "a.m3u8", port)
    file.path.write_bytes(b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + file.path.read_bytes())
    return HostileFile(file.path, "REJECT")


def play_list_in_utf_16(folder: Path, port: int) -> HostileFile:
    path = folder / "c.mp4"
    path.write_text(TEXTS["a.m3u8"].replace("{port}", str(port)), encoding="utf-16")
    return HostileFile(path, "REJECT")


def picture_with_a_recording_behind(folder: Path, port: int) -> HostileFile:
    """A JPEG to everything that looks at the beginning."""
    del port
    path = clip(folder / "c.mp4")
    path.write_bytes(bytes(cv2.imencode(".jpg", barcode(5))[1]) + path.read_bytes())
    return HostileFile(path, "REJECT", "still image")


def packed_with_gzip(folder: Path, port: int) -> HostileFile:
    del port
    path = clip(folder / "c.mp4")
    path.write_bytes(gzip.compress(path.read_bytes()))
    return HostileFile(path, "REJECT", "packed")


def packed_with_xz(folder: Path, port: int) -> HostileFile:
    del port
    path = clip(folder / "c.mp4")
    path.write_bytes(lzma.compress(path.read_bytes()))
    return HostileFile(path, "REJECT", "packed")


def archive(folder: Path, port: int) -> HostileFile:
    del port
    path = folder / "c.mp4"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(range(256)) * 8)
    return HostileFile(path, "REJECT", "packed")


REFERENCE_FILES: dict[str, ReferenceMaker] = {
    maker.__name__: maker
    for maker in (
        *(mov_with_pictures_in_another_file, mov_with_pictures_in_a_pipe),
        *(mov_with_pictures_at_an_address, mov_that_is_elsewhere, play_list_behind_a_tag),
        *(play_list_in_utf_16, picture_with_a_recording_behind, packed_with_gzip),
        *(packed_with_xz, archive),
    )
}
