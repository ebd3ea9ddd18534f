import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.activations.fingerprint import Fingerprint
from worker.activations.windows import count_windows, cut_windows, window_starts_s


def slow_windows(log_mel, size, hop, pad):
    rows = [np.zeros(log_mel.shape[1])] * pad + list(log_mel) + [np.zeros(log_mel.shape[1])] * pad
    found = [rows[start : start + size] for start in range(0, len(rows) - size + 1, hop)]
    if not found:
        found = [rows + [np.zeros(log_mel.shape[1])] * (size - len(rows))]
    return np.array(found)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 25), st.integers(0, 12))
def test_windows_are_those_of_a_plain_loop(frames, size, hop, pad):
    log_mel = np.arange(frames * 2, dtype=np.float32).reshape(frames, 2)
    found = cut_windows(log_mel, size, hop, pad)
    wanted = slow_windows(log_mel, size, hop, pad)
    assert found.shape == wanted.shape == (count_windows(frames, size, hop, pad), size, 2)
    assert (found == wanted).all()


@pytest.mark.parametrize(("frames", "windows"), [(1, 1), (186, 1), (187, 1), (188, 1), (373, 1), (374, 2), (375, 2)])
def test_a_last_partial_window_is_dropped_unless_it_is_the_only_one(frames, windows):
    assert count_windows(frames, 187, 187) == windows


@pytest.mark.parametrize(("frames", "windows"), [(1, 1), (147, 1), (148, 1), (239, 1), (240, 2), (1876, 19)])
def test_the_posters_windows_overlap_and_begin_in_silence(frames, windows):
    assert count_windows(frames, 187, 93, 20) == windows
    first = cut_windows(np.ones((frames, 96), np.float32), 187, 93, 20)[0]
    assert (first[:20] == 0).all()
    assert (first[20] == 1).all()


def test_window_starts_are_seconds_and_count_the_padding():
    plain = Fingerprint("f", "b", window_frames=187, hop_frames=187)
    assert window_starts_s(3, plain).tolist() == pytest.approx([0.0, 2.992, 5.984])
    poster = Fingerprint("f", "b", window_frames=187, hop_frames=93, pad_frames=20)
    assert window_starts_s(2, poster).tolist() == pytest.approx([-0.32, 1.168])
