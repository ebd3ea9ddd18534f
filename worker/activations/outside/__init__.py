"""Activations that other programs computed: their files, their fingerprint, their way into store and catalogue."""

from worker.activations.outside.fingerprints import OUTSIDE, declared_fingerprint, find_outside, is_outside
from worker.activations.outside.readers import Given, read_given

__all__ = ["OUTSIDE", "Given", "declared_fingerprint", "find_outside", "is_outside", "read_given"]
