"""A backbone without weights: what the log-mel bands do in a window.

Conventions: 288 units: mean, standard deviation and mean absolute step from frame to frame, 96 bands each. It is the
floor that a trained network has to beat, and works where no weights are installed.
"""

from __future__ import annotations

import numpy as np

from worker.activations.backbones.network import one_threaded_pool
from worker.activations.fingerprint import Fingerprint
from worker.activations.front_end import BANDS, FrontEnd
from worker.activations.windows import cut_windows


class StatisticsBackbone:
    """Log-mel statistics of each window: a `Backbone`."""

    units = 3 * BANDS

    def __init__(self, fingerprint: Fingerprint) -> None:
        """Make it ready; it computes on the CPU whatever the device class says."""
        self.fingerprint = fingerprint
        self._front_end = FrontEnd()
        self._pool = one_threaded_pool(1)

    def activations(self, samples: np.ndarray, rate_hz: int) -> np.ndarray:
        """Listen to one track: (n,) float32 -> (windows, 288) float32; see `Backbone.activations`."""
        mark = self.fingerprint
        log_mel = self._pool.submit(self._front_end.log_mel, samples, rate_hz).result()
        windows = cut_windows(log_mel, mark.window_frames, mark.hop_frames, mark.pad_frames)
        steps = np.abs(np.diff(windows, axis=1)).mean(axis=1)
        return np.concatenate((windows.mean(axis=1), windows.std(axis=1), steps), axis=1)
