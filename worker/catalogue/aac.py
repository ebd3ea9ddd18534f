"""AAC and M4A by the user's own ffmpeg, as a child of the decoder.

Conventions: blocks are (frames, channels) float32. ffmpeg reads the descriptor it is handed and nothing else: the
demuxer is forced to what the content showed, only the file protocol is allowed, and video, subtitles and data are
refused. It writes Sun AU, whose 24-byte header holds all that is needed and no length to be known beforehand.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

_DEMUXERS = {"aac": "aac", "m4a": "mov"}
_AU_FLOAT32 = 6
_AU_HEAD_BYTES = 24


class AacFailed(ValueError):
    """ffmpeg gave no sound."""


def read_aac(file: BinaryIO, kind: str, ffmpeg: str, block_frames: int) -> Iterator[Any]:
    """First (rate_hz, channels, None), then blocks.

    Raises:
        AacFailed: ffmpeg cannot be started or finds no sound.
    """
    command = [ffmpeg, "-nostdin", "-v", "quiet", "-threads", "1", "-protocol_whitelist", "file", "-f", _DEMUXERS[kind]]
    command += ["-i", f"/dev/fd/{file.fileno()}", "-map", "0:a:0", "-vn", "-sn", "-dn", "-threads", "1"]
    command += ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[file.fileno()],
        )
    except OSError as error:
        raise AacFailed(f"ffmpeg could not be started: {error.strerror}") from error
    with process:
        try:
            yield from _read_au(process.stdout, block_frames)  # type: ignore[arg-type]  # a pipe was asked for
        finally:
            process.kill()


def _read_au(pipe: BinaryIO, block_frames: int) -> Iterator[Any]:
    head = pipe.read(_AU_HEAD_BYTES)
    if len(head) < _AU_HEAD_BYTES or head[:4] != b".snd":
        raise AacFailed("ffmpeg found no sound in it")
    offset, _, encoding, rate_hz, channels = struct.unpack(">5I", head[4:])
    if encoding != _AU_FLOAT32 or not channels:
        raise AacFailed("ffmpeg answered in another format")
    pipe.read(offset - _AU_HEAD_BYTES)
    yield rate_hz, channels, None
    width = 4 * channels
    while True:
        content = pipe.read(width * block_frames)
        frames = len(content) // width
        if not frames:
            return
        yield np.frombuffer(content, ">f4", frames * channels).astype(np.float32).reshape(frames, channels)
