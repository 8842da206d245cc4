"""Whether an H.264 sequence may hold pictures made of two fields: one flag, deep in its header."""

from __future__ import annotations

__all__ = ["has_fields"]

_WITH_CHROMA_FORMAT = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}


def has_fields(parameters: bytes) -> bool:
    """Read a sequence parameter set (ITU-T H.264, 7.3.2.1.1), without its NAL unit's first byte.

    False only where ``frame_mbs_only_flag`` is there and set: what cannot be read proves nothing.
    """
    bits = _Bits(parameters.replace(b"\0\0\3", b"\0\0"))
    try:
        return not _is_frames_only(bits)
    except IndexError:
        return True


def _is_frames_only(bits: _Bits) -> bool:
    profile = bits.fixed(24) >> 16
    bits.golomb()  # seq_parameter_set_id
    if profile in _WITH_CHROMA_FORMAT:
        _skip_formats(bits)
    bits.golomb()  # log2_max_frame_num_minus4
    order_type = bits.golomb()
    if order_type == 0:
        bits.golomb()
    elif order_type == 1:
        bits.fixed(1)
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), 256)):
            bits.golomb()
    bits.golomb()  # max_num_ref_frames
    bits.fixed(1)
    bits.golomb()  # width
    bits.golomb()  # height
    return bits.fixed(1) == 1


def _skip_formats(bits: _Bits) -> None:
    chroma_format = bits.golomb()
    if chroma_format == 3:
        bits.fixed(1)
    bits.golomb()
    bits.golomb()
    bits.fixed(1)
    if bits.fixed(1):
        for k in range(12 if chroma_format == 3 else 8):
            if bits.fixed(1):
                _skip_scaling_list(bits, 16 if k < 6 else 64)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = scale = 8
    for _ in range(size):
        if scale != 0:
            scale = (last + bits.signed_golomb()) % 256
        last = last if scale == 0 else scale


class _Bits:
    """Reads numbers from bytes; ``IndexError`` behind their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def fixed(self, n_bits: int) -> int:
        number = 0
        for _ in range(n_bits):
            number = number << 1 | (self._data[self._at >> 3] >> (7 - (self._at & 7))) & 1
            self._at += 1
        return number

    def golomb(self) -> int:
        """An Exp-Golomb number, ue(v) (9.1)."""
        n_zeros = 0
        while self.fixed(1) == 0:
            n_zeros += 1
        return (1 << n_zeros) - 1 + self.fixed(n_zeros)

    def signed_golomb(self) -> int:
        number = self.golomb()
        return (number + 1) // 2 if number % 2 == 1 else -(number // 2)
