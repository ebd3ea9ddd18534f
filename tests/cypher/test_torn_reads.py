"""Not finding the current hierarchy is only an answer when the collection never had one."""

import pytest

from cypher.errors import TornRead, UnknownCollection
from cypher.hierarchy import HierarchyStore
from cypher.records import READS


def collection_at(version):
    return [{"id": "genres", "name": "Genres", "is_default": True, "version": version, "concepts": 3}]


@pytest.mark.parametrize("reading", ["current", "tree"])
def test_a_hierarchy_published_while_it_was_looked_for_is_looked_for_again(recording, reading):
    runner = recording({"find_current_hierarchy": [], "find_collection": collection_at(2)})
    with pytest.raises(TornRead):
        getattr(HierarchyStore(runner), reading)("genres")
    assert runner.names.count("find_current_hierarchy") == READS


@pytest.mark.parametrize("reading", ["current", "tree"])
def test_a_collection_that_was_never_published_has_none(recording, reading):
    runner = recording({"find_current_hierarchy": [], "find_collection": collection_at(None)})
    assert getattr(HierarchyStore(runner), reading)("genres") is None


@pytest.mark.parametrize("reading", ["current", "tree"])
def test_an_unknown_collection_is_named(recording, reading):
    runner = recording({"find_current_hierarchy": [], "find_collection": []})
    with pytest.raises(UnknownCollection, match="genres"):
        getattr(HierarchyStore(runner), reading)("genres")
