"""A tiny recipe for tests that make their own library."""

import pytest

from worker.demo import DemoLibrary, Recipe, Share, make


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    return Recipe(
        seed=7,
        kinds={"jig": Share(2, 4), "slip jig": Share(1, 2), "chorale": Share(2, 4)},
        seconds=3.0,
        rate_hz=16000,
        fewest_members=1,
    )


@pytest.fixture(scope="session")
def tiny_library(tiny, tmp_path_factory) -> DemoLibrary:
    return make(tmp_path_factory.mktemp("demo") / "tiny", recipe=tiny, processes=1)
