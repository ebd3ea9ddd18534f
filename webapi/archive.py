"""Copies of versions that are asked for by number: read from Neo4j once, and kept while they are wanted.

Why they are never renewed: a version that was published is a record that nobody writes again, so its copy holds for
good, and so does the ETag. A candidate may still be published or refused, so its copy is made anew each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from cypher.errors import UnknownVersion
from cypher.model import Collection
from webapi.copies import Copy, make_copy
from webapi.snapshot import Held
from webapi.stores import Fuse

KEPT = 8
"""Copies at a time; one of 3443 concepts takes about 10 MB."""


class Archive:
    """The copies of versions by number, those asked for last."""

    def __init__(self, patient: Fuse, *, kept: int = KEPT) -> None:
        """Make an empty archive.

        Args:
            patient: whole versions are read from it.
            kept: copies at a time.
        """
        self._patient, self._kept = patient, kept
        self._lock = threading.Lock()
        self._copies: OrderedDict[tuple[str, int], Copy] = OrderedDict()

    def version(self, collection: Collection, version: int) -> Held:
        """A version of a collection, whether it is current or not.

        Raises:
            UnknownVersion: the collection has no such version.
            GraphUnavailable: it is not held and Neo4j is away.
        """
        key = collection.id, version
        with self._lock:
            held = self._copies.get(key)
            if held is not None:
                self._copies.move_to_end(key)
                return Held(held, 0.0, stale=False, lasting=True)
        return self._read(collection, version)

    def _read(self, collection: Collection, version: int) -> Held:
        found = self._patient.ask(lambda stores: stores.hierarchy.tree(collection.id, version))
        if found is None:
            raise UnknownVersion(collection.id, version)
        hierarchy, concepts, edges = found
        copy = make_copy(replace(collection, version=version), hierarchy, concepts, edges)
        lasting = hierarchy.state == "published"
        if lasting:
            with self._lock:
                self._copies[collection.id, version] = copy
                while len(self._copies) > self._kept:
                    self._copies.popitem(last=False)
        return Held(copy, 0.0, stale=False, lasting=lasting)
