"""The versions of a fake graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cypher.costs import VersionCost
from cypher.errors import UnknownCollection, VersionMoved, VersionStateConflict

if TYPE_CHECKING:
    from tests.webapi.fakes.graph import FakeGraph


@dataclass
class FakeVersions:
    """The store of versions of a fake graph; called, it is the method that lists them."""

    graph: FakeGraph

    def __call__(self, collection):
        self.graph._asked("versions")
        if collection not in self.graph.library.collections:
            raise UnknownCollection(collection)
        found = [whole[0] for (owner, _), whole in self.graph.kept.items() if owner == collection]
        return sorted(found, key=lambda one: -one.version)

    def costs(self, collection):
        return {one.version: VersionCost(assessments=6, similarities=4, links=6) for one in self(collection)}

    def activate(self, collection, version, *, expected=None, author="", note=""):
        graph = self.graph
        graph._asked("activate")
        with graph.lock:
            if collection not in graph.library.collections:
                raise UnknownCollection(collection)
            current = graph.published.get(collection)
            at = current.version if current else 0
            if expected is not None and expected != at:
                raise VersionMoved(collection, expected, at)
            hierarchy, concepts, edges = graph._whole(collection, version)
            if version == at or (current is not None and current.restores == version):
                return current
            if hierarchy.state == "refused":
                raise VersionStateConflict(collection, version, "refused", "be activated")
            if hierarchy.state == "candidate" and version > at:
                made = replace(hierarchy, state="published", reason="")
            else:
                number = 1 + max(one for owner, one in graph.kept if owner == collection)
                made = replace(
                    hierarchy, version=number, origin="activation", restores=version, author=author, note=note,
                    state="published", reason="",
                )  # fmt: skip
            if hierarchy.state == "candidate" and made.version != version:
                reason = f"published as version {made.version}"
                graph.kept[collection, version] = replace(hierarchy, state="refused", reason=reason), concepts, edges
            graph.kept[collection, made.version] = made, concepts, edges
            graph._show(made, edges)
            return made

    def refuse(self, collection, version, *, reason=""):
        graph = self.graph
        graph._asked("refuse")
        with graph.lock:
            if collection not in graph.library.collections:
                raise UnknownCollection(collection)
            hierarchy, concepts, edges = graph._whole(collection, version)
            if hierarchy.state != "candidate":
                raise VersionStateConflict(collection, version, hierarchy.state, "be refused")
            refused = replace(hierarchy, state="refused", reason=reason, staging=None)
            graph.kept[collection, version] = refused, concepts, edges
            return refused
