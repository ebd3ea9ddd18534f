"""Judging what was built: a published version, or matrices from outside, by every question that has an answer."""
