"""Which frames make a window.

Conventions: a frame is 256 samples at 16 kHz (16 ms); a window is `window_frames` frames; window w of a track starts
at frame `w * hop_frames - pad_frames`. A last partial window is dropped unless it is the only one: then it is filled
with silence (log-mel 0). The preset `poster` has a hop of 93 frames and 20 frames of silence at both ends; what its
hop leaves over at the end is dropped as well. Needs no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from worker.activations.fingerprint import Fingerprint

SAMPLE_RATE_HZ = 16_000
FRAME_HOP = 256
"""Samples from one frame to the next."""
WINDOW_FRAMES = 187
POSTER_HOP_FRAMES = 93
POSTER_PAD_FRAMES = 20


def count_windows(frames: int, window_frames: int, hop_frames: int, pad_frames: int = 0) -> int:
    """How many windows a track of so many frames has; at least 1."""
    return max(0, frames + 2 * pad_frames - window_frames) // hop_frames + 1


def cut_windows(log_mel: np.ndarray, window_frames: int, hop_frames: int, pad_frames: int = 0) -> np.ndarray:
    """Cut a track into windows.

    Args:
        log_mel: (frames, bands) float32, at least one frame.
        window_frames: frames of a window, at least 1.
        hop_frames: frames between starts, at least 1.
        pad_frames: frames of silence at both ends.

    Returns:
        (windows, window_frames, bands) float32, a read-only view where nothing had to be filled.
    """
    frames = log_mel.shape[0]
    missing = max(0, window_frames - frames - 2 * pad_frames)
    if pad_frames or missing:
        log_mel = np.pad(log_mel, ((pad_frames, pad_frames + missing), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(log_mel, window_frames, axis=0)
    return views[::hop_frames].transpose(0, 2, 1)


def window_starts_s(windows: int, fingerprint: Fingerprint) -> np.ndarray:
    """When each window starts.

    Returns:
        (windows,) float64 seconds from the start of the track; negative where a window starts in the padding.
    """
    first = -fingerprint.pad_frames
    return (np.arange(windows) * fingerprint.hop_frames + first) * (FRAME_HOP / SAMPLE_RATE_HZ)
