"""Keeps the scores of each collection's version mapped, so that a placement needs the data folder once a version."""

from __future__ import annotations

import threading
from pathlib import Path

from webapi.copies import Copy
from worker.answers.errors import PoolUnreadable
from worker.answers.pool import Pool, load_pool


class Pools:
    """The pools of the versions that were last asked for, one a collection."""

    def __init__(self, data: Path | None) -> None:
        """Know nothing yet.

        Args:
            data: the data folder; None where the API has none.
        """
        self._data = data
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Pool]] = {}

    def of(self, copy: Copy) -> Pool:
        """The pool of a copy's version.

        Raises:
            PoolUnreadable: there is no data folder, no version, or its files are gone.
        """
        collection = copy.collection.id
        if self._data is None or copy.hierarchy is None:
            why = "the API has no data folder" if self._data is None else "it has not been published yet"
            raise PoolUnreadable(collection, why)
        with self._lock:
            known = self._known.get(collection)
            if known is None or known[0] != copy.digest:
                pool = load_pool(self._data, collection, copy.hierarchy.files, frozenset(copy.edges))
                known = self._known[collection] = (copy.digest, pool)
            return known[1]
