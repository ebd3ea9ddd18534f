"""Fixtures of the fault tests; what they do stands in `harness`."""

from __future__ import annotations

import pytest

from tests.faults.harness import scene
from tests.jobs.workers import Crew


@pytest.fixture
def bench(clean_graph, tmp_path):
    with scene(clean_graph, tmp_path / "data") as made:
        yield made


@pytest.fixture
def crew(bench, tmp_path):
    with Crew(bench, tmp_path) as made:
        yield made
