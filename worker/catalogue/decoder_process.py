"""The child that decodes: reads one request a line on standard input, answers on standard output.

Request: a JSON object `{"do": "decode" | "facts" | "tags", "path": base64 of the path's bytes}`. Answer: one line of
JSON, either `{"error": code, "detail": text}` or the result; behind that of `decode` follow `frames` float32 samples as
raw bytes. The first request is `{"limits": {...}, "ffmpeg": path}`. End of input ends the process.

Why: this process runs under limits of address space, processor time, open files and written bytes, has no secret in its
environment, and holds nothing worth keeping: whoever started it may kill it at any moment.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from worker.catalogue.aac import AacFailed, read_aac
from worker.catalogue.container import Container, inspect
from worker.catalogue.errors import AudioRejected
from worker.catalogue.files import open_regular
from worker.catalogue.limits import Limits
from worker.catalogue.mixdown import Mixdown, Mono, NotFinite
from worker.catalogue.tags import read_tags
from worker.reasons import Reason

BLOCK_FRAMES = 4096
"""Small, because libsndfile drops the block in which it meets an error."""
UNKNOWN_FRAMES = 2**62


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile carries no types
    """A file read from start to end.

    Why: soundfile seeks to where it already is after every block; on a damaged file that seek fails and takes a good
    block with it, on an MP3 it may cost bits.
    """

    def seekable(self) -> bool:
        return False


def decode(path: Path, limits: Limits, ffmpeg: str) -> tuple[dict[str, Any], Mono]:
    """The facts and the sound of one file.

    Raises:
        AudioRejected: it gives no sound.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > limits.max_bytes:
            raise AudioRejected(Reason.TOO_BIG, path)
        container = inspect(file)
        if container is None:
            raise AudioRejected(Reason.NOT_AUDIO, path)
        # Not file.seek, which may stay inside its buffer: the descriptor is handed on.
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        if container.format in {"aac", "m4a"}:
            if not ffmpeg:
                raise AudioRejected(Reason.NO_FFMPEG, path)
            source = read_aac(file, container.format, ffmpeg, BLOCK_FRAMES)
        else:
            source = _read_blocks(file)
        return _collect(path, container, limits, source)


Source = Iterator[tuple[int, int, int | None] | NDArray[np.float32]]


def _read_blocks(file: BinaryIO) -> Iterator[Any]:
    """First (rate_hz, channels, promised frames or None), then blocks; ends early at damage."""
    with _Stream(os.dup(file.fileno()), closefd=True) as stream:
        promised = stream.frames if 0 < stream.frames < UNKNOWN_FRAMES else None
        yield stream.samplerate, stream.channels, promised
        while True:
            block = np.empty((BLOCK_FRAMES, stream.channels), np.float32)
            count = stream.buffer_read_into(block, "float32")
            if count <= 0:
                return
            yield block[:count]


def _collect(path: Path, container: Container, limits: Limits, source: Iterator[Any]) -> tuple[dict[str, Any], Mono]:
    """Read the source to its end or to the limit, and judge what came."""
    trouble = ""
    mixdown: Mixdown | None = None
    frames_limit = 0
    rate_hz = channels = 0
    promised: int | None = None
    cut = False
    try:
        rate_hz, channels, promised = next(source)
        _check_shape(path, rate_hz, channels, limits)
        frames_limit = min(int(limits.max_s * rate_hz), limits.max_frames)
        mixdown = Mixdown(rate_hz, channels)
        for block in source:
            room = frames_limit - mixdown.frames
            mixdown.add(block[:room])
            if len(block) > room:
                cut = True
                break
    except NotFinite as error:
        raise AudioRejected(Reason.NON_FINITE, path) from error
    except (soundfile.LibsndfileError, AacFailed, StopIteration) as error:
        trouble = str(error) or type(error).__name__
    if mixdown is None or (mixdown.frames == 0 and trouble):
        raise AudioRejected(Reason.UNDECODABLE, path, trouble)
    frames = mixdown.frames
    flags = _wholeness(container, promised, frames, cut=cut, trouble=trouble)
    if frames < limits.min_s * rate_hz:
        code = Reason.UNDECODABLE if flags else Reason.TOO_SHORT
        raise AudioRejected(code, path, f"{frames / rate_hz:.3f} s of sound")
    mono = mixdown.finish()
    facts = {
        "format": container.format,
        "rate_hz": rate_hz,
        "channels": channels,
        "frames": frames,
        "sound_sha256": mono.sound_sha256,
        "level_db": mono.level_db,
        "flags": [*flags, *mono.flags],
    }
    return facts, mono


def _check_shape(path: Path, rate_hz: int, channels: int, limits: Limits) -> None:
    if not 1 <= channels <= limits.max_channels:
        raise AudioRejected(Reason.CHANNELS, path, f"{channels} channels")
    if not limits.min_rate_hz <= rate_hz <= limits.max_rate_hz:
        raise AudioRejected(Reason.RATE, path, f"{rate_hz} Hz")


def _wholeness(container: Container, promised: int | None, frames: int, *, cut: bool, trouble: str) -> list[Reason]:
    """What the comparison of the promise with what came says."""
    expected = container.frames or promised
    flags = []
    if cut:
        flags.append(Reason.CUT)
    elif container.truncated or (expected is not None and frames < 0.99 * expected):
        flags.append(Reason.TRUNCATED)
    elif expected is not None and frames > 1.01 * expected:
        flags.append(Reason.HEADER_MISMATCH)
    if container.damaged or (trouble and Reason.TRUNCATED not in flags):
        flags.append(Reason.DAMAGED)
    return flags


# --- the process -----------------------------------------------------------------------------------------------------


def restrict(limits: Limits) -> None:
    """Take away from this process what decoding does not need."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
    statm = Path("/proc/self/statm")
    if statm.exists():
        idle = int(statm.read_text().split()[0]) * resource.getpagesize()
        space = idle + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (space, space))


def _allow_cpu(seconds: int) -> None:
    """The next file may use this much processor time."""
    used = int(time.process_time()) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def _answer(request: dict[str, Any], limits: Limits, ffmpeg: str) -> tuple[dict[str, Any], Mono | None]:
    path = Path(os.fsdecode(base64.b64decode(request["path"])))
    try:
        if request["do"] == "tags":
            with open_regular(path) as file:
                return dataclasses.asdict(read_tags(file, path)), None
        facts, mono = decode(path, limits, ffmpeg)
    except AudioRejected as rejected:
        return {"error": rejected.code, "detail": rejected.detail}, None
    except MemoryError:
        return {"error": Reason.TOO_MUCH_MEMORY, "detail": ""}, None
    except OSError as error:
        return {"error": Reason.UNREADABLE, "detail": os.strerror(error.errno or 0)}, None
    return facts, mono if request["do"] == "decode" else None


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end."""
    first = json.loads(requests.readline() or b"null")
    if first is None:
        return
    limits = Limits(**first["limits"])
    restrict(limits)
    answers.write(b"{}\n")
    answers.flush()
    for line in requests:
        _allow_cpu(limits.cpu_s)
        result, mono = _answer(json.loads(line), limits, first["ffmpeg"])
        answers.write(json.dumps(result).encode() + b"\n")
        if mono is not None:
            answers.writelines(chunk.data for chunk in mono.chunks)
        answers.flush()


def main() -> None:
    """Keep the answers' pipe to ourselves: what libraries print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
