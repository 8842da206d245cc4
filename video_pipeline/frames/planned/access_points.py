"""Packets from which decoding may start afresh, and packets that no other frame leans on.

A container's key-frame flag promises less than it seems to: H.264 recorders also set it where a
picture heals little by little (intra refresh). So the first bytes of such packets are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from av.video.codeccontext import VideoCodecContext

__all__ = ["AccessRule", "rule_of"]

_INTRA_ONLY = {"mjpeg", "jpeg2000", "prores", "dnxhd", "dvvideo", "rawvideo", "huffyuv", "ffvhuff"}
# After a key frame of these nothing leans on what came before it, but for leading pictures.
_KEYS_ARE_CLEAN = _INTRA_ONLY | {
    *("mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1"),
    *("flv1", "h263", "vp8", "vp9", "av1", "theora"),
}
# FFmpeg's decoders of these leave out exactly the frames that no other one leans on, when told to.
_NON_REFERENCES_ARE_KNOWN = {"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4"}

# ITU-T H.264, table 7-1.
_H264_SLICE, _H264_IDR, _H264_SEI = 1, 5, 6
_SEI_RECOVERY_POINT = 6
# ITU-T H.265, table 7-1: intra random access pictures.
_HEVC_IRAP = range(16, 24)
_HEVC_SLICES = range(32)


@dataclass(frozen=True)
class AccessRule:
    """How the packets of one stream are judged."""

    codec: str
    length_bytes: int | None
    """Bytes of the length before each NAL unit; None where start codes part them (Annex B)."""

    @property
    def knows_non_references(self) -> bool:
        """Whether the decoder can be told to leave out the frames that no other one leans on."""
        return self.codec in _NON_REFERENCES_ARE_KNOWN

    @property
    def is_intra_only(self) -> bool:
        """Whether every frame stands alone."""
        return self.codec in _INTRA_ONLY

    def is_access(self, packet: memoryview) -> bool:
        """Whether decoding may start at this packet, which the container flags as a key frame.

        Everything at or after it in order of presentation is then what decoding from the start
        would have given.
        """
        if self.codec == "h264":
            return self._is_h264_access(packet)
        if self.codec == "hevc":
            return any((packet[at] >> 1) & 63 in _HEVC_IRAP for at in self._units(packet))
        return self.codec in _KEYS_ARE_CLEAN

    def is_open_access(self, packet: memoryview) -> bool:
        """Whether an H.264 decoder stumbles over what is missing behind this access point.

        Then commands to forget earlier references (memory management control operations) name
        pictures that were never decoded. They change nothing, but count as errors.
        """
        return self.codec == "h264" and not any(
            packet[at] & 31 == _H264_IDR for at in self._units(packet)
        )

    def has_sublayer(self, packet: memoryview) -> bool:
        """Whether an HEVC picture lies above the lowest temporal sub-layer.

        Then a picture that is no reference within its own sub-layer may be one for those above.
        """
        for at in self._units(packet):
            if (packet[at] >> 1) & 63 in _HEVC_SLICES:
                return packet[at + 1] & 7 > 1
        return False

    def _is_h264_access(self, packet: memoryview) -> bool:
        for at in self._units(packet):
            kind = packet[at] & 31
            if kind == _H264_IDR or (kind == _H264_SEI and _is_exact_recovery(packet[at + 1 :])):
                return True
            if kind == _H264_SLICE:
                return False
        return False

    def _units(self, packet: memoryview) -> Iterator[int]:
        """Where the header of each NAL unit lies, with two bytes behind it at least."""
        if self.length_bytes is not None:
            return _units_by_length(packet, self.length_bytes)
        return _units_by_start_code(packet)


def rule_of(context: VideoCodecContext) -> AccessRule:
    """Read from a stream's decoder how its packets are to be judged."""
    codec = context.codec.canonical_name
    extra = context.extradata or b""
    # ISO 14496-15: avcC and hvcC begin with their version, 1; a start code begins with zeros.
    at = {"h264": 4, "hevc": 21}.get(codec)
    if at is None or len(extra) <= at or extra[0] != 1:
        return AccessRule(codec, None)
    return AccessRule(codec, (extra[at] & 3) + 1)


def _units_by_length(packet: memoryview, length_bytes: int) -> Iterator[int]:
    at = 0
    while at + length_bytes + 2 < len(packet):
        length = int.from_bytes(packet[at : at + length_bytes], "big")
        yield at + length_bytes
        at += length_bytes + max(length, 1)


def _units_by_start_code(packet: memoryview) -> Iterator[int]:
    data = bytes(packet)
    at = data.find(b"\0\0\1")
    while 0 <= at < len(data) - 5:
        yield at + 3
        at = data.find(b"\0\0\1", at + 3)


def _is_exact_recovery(sei: memoryview) -> bool:
    """Whether SEI messages (H.264, 7.3.2.3.1) hold a recovery point that heals at once, exactly."""
    at = 0
    while at + 2 < len(sei):
        kind, at = _summed_bytes(sei, at)
        size, at = _summed_bytes(sei, at)
        if kind == _SEI_RECOVERY_POINT and at < len(sei):
            # recovery_frame_cnt ue(v) is 0 where its first bit is 1; then exact_match_flag.
            return sei[at] & 0b1100_0000 == 0b1100_0000
        at += size
        if at < len(sei) and sei[at] == 0x80:
            break
    return False


def _summed_bytes(data: memoryview, at: int) -> tuple[int, int]:
    total = 0
    while at < len(data) and data[at] == 255:
        total, at = total + 255, at + 1
    return total + (data[at] if at < len(data) else 0), at + 1
