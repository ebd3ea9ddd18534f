"""What a file is and what it promises, read from its structure alone: format, frames, and whether it is whole.

Conventions: offsets and sizes are bytes, frames are sample frames. Nothing is decoded; every loop moves forward through
the file and every read is bounded, so that no header can make it wait or grow.

Why: libsndfile quietly corrects a lying WAV header to the file's size, reads a truncated OGG as a shorter one and an
MP3 with a hole up to the hole. Whoever wants to say "truncated" or "damaged" has to look for himself.

Source: RFC 3533 (Ogg), RFC 9639 (FLAC), RIFF/RF64 (EBU Tech 3306), AIFF 1.3, ISO/IEC 11172-3 and the Xing header.
"""

# ruff: noqa: PLR2004  # the numbers are the formats' own

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_CHUNKS = 10_000
MAX_WALK_BYTES = 2**29
"""How far Ogg pages and MPEG frames are followed; what lies behind is not judged."""
_SIGNATURES = (
    ("wav", b"RIFF", b"WAVE"),
    ("wav", b"RIFX", b"WAVE"),
    ("wav", b"RF64", b"WAVE"),
    ("aiff", b"FORM", b"AIFF"),
    ("aiff", b"FORM", b"AIFC"),
    ("flac", b"fLaC", b""),
)
_OGG_CODECS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC")
_PICTURES = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"crx "}
STREAMED = {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}
"""Data sizes that an encoder writes when it did not know."""


@dataclass(frozen=True, slots=True)
class Container:
    """The promise of a file."""

    format: str
    """wav, aiff, flac, ogg, mp3, aac or m4a."""
    frames: int | None = None
    """As the header counts them, in the rate of the file; None where only the decoder can tell."""
    truncated: bool = False
    damaged: bool = False


def sniff(file: BinaryIO) -> str | None:
    """Tell the format by its first bytes; None when it is no audio that we know.

    Args:
        file: a seekable binary file; its position afterwards is undefined.
    """
    size = file.seek(0, os.SEEK_END)
    return _kind(file, _after_id3(file, size))


def inspect(file: BinaryIO) -> Container | None:
    """Tell the format and check the structure; None when it is no audio that we know.

    Args:
        file: a seekable binary file; its position afterwards is undefined.
    """
    size = file.seek(0, os.SEEK_END)
    start = _after_id3(file, size)
    kind = _kind(file, start)
    return _CHECKS[kind](file, start, size) if kind is not None else None


def _kind(file: BinaryIO, start: int) -> str | None:
    head = _at(file, start, 64)
    for kind, name, form in _SIGNATURES:
        if head.startswith(name) and head.startswith(form, 8):
            return kind
    if head.startswith(b"ftyp", 4):
        return None if head[8:12] in _PICTURES else "m4a"
    if head.startswith(b"OggS"):
        body = head[27 + head[26] :] or _at(file, start + 27 + head[26], 16) if len(head) > 27 else b""
        return "ogg" if body.startswith(_OGG_CODECS) else None
    if len(head) > 6 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac"
    return "mp3" if _mpeg_start(file, start) is not None else None


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _after_id3(file: BinaryIO, size: int) -> int:
    """Where the sound begins behind ID3v2 tags; there may be more than one."""
    start = 0
    for _ in range(16):
        head = _at(file, start, 10)
        if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
            return start
        length = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
        end = start + 10 + length + (10 if head[5] & 0x10 else 0)
        if end >= size:
            return start
        start = end
    return start


# --- RIFF and AIFF ---------------------------------------------------------------------------------------------------


def _chunks(file: BinaryIO, start: int, size: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """(name, offset of the content, stated length) of each chunk behind the 12-byte head."""
    offset = start + 12
    for _ in range(MAX_CHUNKS):
        head = _at(file, offset, 8)
        if len(head) < 8:
            return
        length = int(struct.unpack(f"{order}I", head[4:])[0])
        yield head[:4], offset + 8, length
        offset += 8 + length + (length & 1)
        if offset >= size:
            return


def _wav(file: BinaryIO, start: int, size: int) -> Container:
    order = ">" if _at(file, start, 4) == b"RIFX" else "<"
    block_align, long_length = 0, None
    for name, offset, length in _chunks(file, start, size, order):
        if name == b"ds64":
            content = _at(file, offset, 16)
            long_length = struct.unpack("<Q", content[8:16])[0] if len(content) == 16 else None
        elif name == b"fmt ":
            content = _at(file, offset, 16)
            block_align = struct.unpack(f"{order}H", content[12:14])[0] if len(content) == 16 else 0
        elif name == b"data":
            stated = long_length if long_length is not None and length == 0xFFFFFFFF else length
            if stated in STREAMED or not block_align:
                return Container("wav")
            return Container("wav", frames=stated // block_align, truncated=_missing(stated, size - offset))
    return Container("wav", truncated=True)


def _aiff(file: BinaryIO, start: int, size: int) -> Container:
    frames = None
    for name, offset, length in _chunks(file, start, size, ">"):
        if name == b"COMM":
            content = _at(file, offset, 8)
            frames = struct.unpack(">I", content[2:6])[0] if len(content) == 8 else None
        elif name == b"SSND":
            return Container("aiff", frames=frames or None, truncated=_missing(length, size - offset))
    return Container("aiff", frames=frames or None, truncated=True)


def _missing(stated: int, there: int) -> bool:
    """Whether more than 1 % of the promised bytes are not there."""
    return there < 0.99 * stated


def _flac(file: BinaryIO, start: int, size: int) -> Container:
    head = _at(file, start, min(size, 64))
    if len(head) < 26 or head[4] & 0x7F != 0:
        return Container("flac")
    frames = int.from_bytes(head[21:26], "big") & 0xFFFFFFFFF
    return Container("flac", frames=frames or None)


def _mp4(file: BinaryIO, start: int, size: int) -> Container:
    """Follow the boxes: one that reaches over the end of the file is truncation."""
    offset = start
    for _ in range(MAX_CHUNKS):
        head = _at(file, offset, 16)
        if len(head) < 8:
            break
        length = int(struct.unpack(">I", head[:4])[0])
        if length == 1 and len(head) == 16:
            length = int(struct.unpack(">Q", head[8:])[0])
        if length == 0:
            break
        if length < 8 or offset + length > size:
            return Container("m4a", truncated=True)
        offset += length
    return Container("m4a")


# --- Ogg -------------------------------------------------------------------------------------------------------------

_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_crc(page: bytes) -> int:
    """CRC of an Ogg page (polynomial 0x04c11db7, not reflected, start and end 0) by way of zlib's reflected one."""
    blanked = page[:22] + b"\0\0\0\0" + page[26:]
    reflected = zlib.crc32(blanked.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


@dataclass(frozen=True, slots=True)
class _OggPage:
    length: int
    whole: bool
    """All its bytes are there; if not, nothing below means much."""
    intact: bool
    last: bool
    serial: bytes
    number: int
    body: bytes


def _ogg_page(file: BinaryIO, offset: int) -> _OggPage:
    head = _at(file, offset, 27).ljust(27, b"\0")
    lacing = file.read(head[26])
    length = 27 + head[26] + sum(lacing)
    body = file.read(sum(lacing))
    page = head + lacing + body
    whole = len(page) == length and len(lacing) == head[26]
    intact = whole and head[:4] == b"OggS" and _ogg_crc(page) == struct.unpack("<I", head[22:26])[0]
    return _OggPage(length, whole, intact, bool(head[5] & 4), head[14:18], struct.unpack("<I", head[18:22])[0], body)


def _ogg(file: BinaryIO, start: int, size: int) -> Container:
    """Follow the pages: each whole, its checksum right, in sequence, and a last one that says so."""
    page = _ogg_page(file, start)
    offset, damaged = start, False
    expected: dict[bytes, int] = {}
    while True:
        if not page.intact:
            return Container("ogg", truncated=not page.whole, damaged=damaged or page.whole)
        damaged = damaged or expected.get(page.serial, page.number) != page.number
        expected[page.serial] = page.number + 1
        offset += page.length
        if offset >= min(size, start + MAX_WALK_BYTES):
            return Container("ogg", truncated=offset >= size and not page.last, damaged=damaged)
        page = _ogg_page(file, offset)


# --- MPEG audio ------------------------------------------------------------------------------------------------------

_BITRATES = {  # kbit/s by (MPEG version 1?, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mpeg_frame_bytes(head: bytes) -> int:
    """Length of the MPEG frame that begins with these four bytes; 0 when none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = (head[1] >> 3) & 3, 4 - ((head[1] >> 1) & 3)
    bitrate, rate, padding = head[2] >> 4, (head[2] >> 2) & 3, (head[2] >> 1) & 1
    if version == 1 or layer == 4 or rate == 3 or bitrate in {0, 15}:
        return 0
    bits = 1000 * _BITRATES[version == 3, layer][bitrate]
    rate_hz = _RATES[version][rate]
    if layer == 1:
        return (12 * bits // rate_hz + padding) * 4
    return (144 if version == 3 or layer == 2 else 72) * bits // rate_hz + padding


def _mpeg_start(file: BinaryIO, start: int) -> int | None:
    """Offset of the first of two frames that follow each other, looked for in the first 4 KiB."""
    window = _at(file, start, 8192)
    for offset in range(min(4096, max(len(window) - 4, 0))):
        length = _mpeg_frame_bytes(window[offset : offset + 4])
        if length and _mpeg_frame_bytes(window[offset + length : offset + length + 4]):
            return start + offset
    return None


def _mpeg(file: BinaryIO, start: int, size: int) -> Container:
    """Follow the frames: a gap between two is damage, a last one that is not whole is truncation."""
    offset = _mpeg_start(file, start) or start
    end = _before_trailing_tags(file, size)
    stop = min(end, offset + MAX_WALK_BYTES)
    while offset < stop:
        length = _mpeg_frame_bytes(_at(file, offset, 4))
        if not length:
            return Container("mp3", damaged=any(_at(file, offset, min(4096, end - offset))))
        if offset + length > end:
            return Container("mp3", truncated=True)
        offset += length
    return Container("mp3")


def _adts(file: BinaryIO, start: int, size: int) -> Container:
    """Follow the frames of bare AAC, as `_mpeg` does."""
    offset, end = start, _before_trailing_tags(file, size)
    while offset < min(end, start + MAX_WALK_BYTES):
        head = _at(file, offset, 7).ljust(7, b"\0")
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or length < 7:
            return Container("aac", damaged=True)
        offset += length
    return Container("aac", truncated=offset > end)


def _before_trailing_tags(file: BinaryIO, size: int) -> int:
    """Where the sound ends in front of ID3v1 and APE tags."""
    end = size
    if end >= 128 and _at(file, end - 128, 3) == b"TAG":
        end -= 128
    if end >= 32 and _at(file, end - 32, 8) == b"APETAGEX":
        head = _at(file, end - 32, 32)
        length, flags = struct.unpack("<I", head[12:16])[0], struct.unpack("<I", head[20:24])[0]
        end = max(0, end - length - (32 if flags >> 31 else 0))
    return end


_CHECKS: dict[str, Callable[[BinaryIO, int, int], Container]] = {
    "wav": _wav,
    "aiff": _aiff,
    "flac": _flac,
    "ogg": _ogg,
    "m4a": _mp4,
    "mp3": _mpeg,
    "aac": _adts,
}
