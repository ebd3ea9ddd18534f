"""Keeps one copy of every collection, renews it when its version moves, and goes on with it while Neo4j is away.

Conventions: times are seconds of the monotonic clock; `age_s` is the time since a copy was last seen to be current.

Why requests do not read the tree themselves: Neo4j reads are read-committed, so a tree read while another is published
would mix both. A copy is taken whole, verified by the store (count and sha256), and replaced in one assignment: a
request holds one `Shelf` and so sees one version however long it takes.

Why the renewal has a thread of its own: a request waits for it only briefly (`patience_s`) and only when a renewal has
just begun, so a Neo4j that hangs slows reads once a second at most, and never past the patience.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from cypher.errors import GraphError, UnknownCollection, UnknownConcept
from cypher.model import Collection
from webapi.copies import Copy, make_copy
from webapi.errors import NoCopy, WebError
from webapi.stores import Fuse, Stores

log = structlog.get_logger(__name__)

SETTLED_S = 1.0
"""A busy machine needs longer to look than requests wait for it, and is none the less ready."""


@dataclass(frozen=True, slots=True)
class Held:
    """A copy and how sure it is that it is current."""

    copy: Copy
    age_s: float
    stale: bool
    lasting: bool = False
    """A version that was asked for by its number and will say the same for ever."""

    @property
    def etag(self) -> str:
        """Opaque and weak: the answer's age differs between two that are otherwise equal."""
        return f"{self.copy.digest}{'-stale' if self.stale else ''}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The copies of all collections as one request sees them."""

    collections: tuple[Collection, ...]
    """The default one first."""
    copies: Mapping[str, Copy]
    confirmed: Mapping[str, float]
    collection_of: Mapping[str, str]
    """Concept id -> collection id."""
    default: str | None
    failed: Mapping[str, str]
    """Collections that could not be read even once -> why."""
    now: float
    stale_after_s: float

    def collection(self, collection_id: str | None) -> Held:
        """One collection's copy; None means the default collection.

        Raises:
            UnknownCollection: there is none of that id, or none at all.
            NoCopy: it could not be read yet.
        """
        if collection_id is None:
            collection_id = self.default
        if collection_id is not None and collection_id in self.failed:
            raise NoCopy(self.failed[collection_id])
        if collection_id is None or collection_id not in self.copies:
            raise UnknownCollection(collection_id)
        age_s = max(0.0, self.now - self.confirmed[collection_id])
        return Held(self.copies[collection_id], age_s, stale=age_s > self.stale_after_s)

    def having(self, concept_id: str) -> Held:
        """The copy that the concept belongs to.

        Raises:
            UnknownConcept: no collection has it.
        """
        collection_id = self.collection_of.get(concept_id)
        if collection_id is None:
            raise UnknownConcept(concept_id)
        return self.collection(collection_id)

    def name_of(self, collection_id: str) -> str:
        """What people call the collection; its id when this shelf does not know it yet."""
        return next((one.name for one in self.collections if one.id == collection_id), collection_id)


class Keeper:
    """Hands out shelves and renews them in the background."""

    def __init__(
        self, fuse: Fuse, loader: Stores, *, check_every_s: float, patience_s: float = 0.2, first_wait_s: float = 5.0
    ) -> None:
        """Make an empty keeper; nothing is read before the first request.

        Args:
            fuse: asked whether a version moved.
            loader: whole trees are read from it; it may take longer than the stores of requests.
            check_every_s: pause between two checks.
            patience_s: longest wait of a request for a renewal, when there is a copy.
            first_wait_s: longest wait of a request while there is none, or while a newer version is known.
        """
        self._fuse, self._loader = fuse, loader
        self._check_every_s, self._patience_s, self._first_wait_s = check_every_s, patience_s, first_wait_s
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._migrated = False
        self._reason = "reading has only begun"
        self._renewing: threading.Event | None = None
        self._began_at = 0.0
        self._due_at = 0.0
        self._awaited = False

    def shelf(self) -> Shelf:
        """The copies as they are now.

        Raises:
            NoCopy: nothing could be read yet.
        """
        for _ in range(2):  # a renewal that began before `notice` is followed by one more
            waiting = self._start_if_due()
            if waiting is None:
                break
            waiting.wait(max(0.0, self._began_at + self._patience() - time.monotonic()))
        with self._lock:
            if self._shelf is None:
                raise NoCopy(self._reason)
            return replace(self._shelf, now=time.monotonic())

    def notice(self, collection_id: str, version: int | None) -> None:
        """Hear that a version was published; the next request looks at once when the copy is older."""
        with self._lock:
            copy = self._shelf.copies.get(collection_id) if self._shelf is not None else None
            held = copy.collection.version if copy is not None else None
            if version is not None and (held is None or held < version):
                self._due_at, self._awaited = 0.0, True

    def state(self) -> tuple[bool, str]:
        """Whether there is a current copy, and a sentence about it; a renewal at work is given `SETTLED_S` to end."""
        try:
            shelf = self.shelf()
            if any(shelf.collection(one).stale for one in shelf.copies):
                with self._lock:
                    renewing = self._renewing
                if renewing is not None:
                    renewing.wait(SETTLED_S)
                    shelf = self.shelf()
        except NoCopy as error:
            return False, str(error)
        if shelf.failed:
            return False, "; ".join(shelf.failed.values())
        held = [shelf.collection(one) for one in shelf.copies]
        stale = [one for one in held if one.stale]
        if stale:
            names = ", ".join(f"{one.copy.collection.id} ({one.age_s:.0f} s old)" for one in stale)
            return False, f"stale: {names}; {self._reason}"
        return True, ", ".join(f"{one.copy.collection.id} version {one.copy.collection.version}" for one in held)

    # --- renewal

    def _patience(self) -> float:
        """Longer when nothing else can be shown, or when a newer version is known to be there."""
        return self._first_wait_s if self._shelf is None or self._awaited else self._patience_s

    def _start_if_due(self) -> threading.Event | None:
        """The event of the renewal at work, which is begun here when one is due; None when there is none."""
        with self._lock:
            now = time.monotonic()
            if self._renewing is None and now >= self._due_at:
                self._renewing, self._began_at, self._due_at = threading.Event(), now, now + self._check_every_s
                threading.Thread(target=self._renew, args=(self._renewing,), name="renew-copies", daemon=True).start()
            return self._renewing

    def _renew(self, done: threading.Event) -> None:
        began = self._began_at
        try:
            self._look(began)
        except (GraphError, WebError) as error:
            self._complain(str(error))
        finally:
            with self._lock:
                self._renewing = None
                self._awaited = self._due_at == 0.0  # noticed while this renewal was at work: the next one brings it
            done.set()

    def _look(self, began: float) -> None:
        if not self._migrated:
            self._loader.migrate()
            self._migrated = True
        shelf = self._shelf
        copies: dict[str, Copy] = {}
        confirmed: dict[str, float] = {}
        failed: dict[str, str] = {}
        collections = self._fuse.ask(lambda stores: stores.catalogue.collections())
        for collection in collections:
            old = shelf.copies.get(collection.id) if shelf is not None else None
            try:
                copies[collection.id], confirmed[collection.id] = self._current(collection, old), began
            except GraphError as error:
                self._complain(str(error))
                if shelf is not None and old is not None:
                    copies[collection.id], confirmed[collection.id] = old, shelf.confirmed[collection.id]
                else:
                    failed[collection.id] = str(error)
        renewed = Shelf(
            collections=tuple(collections),
            copies=copies,
            confirmed=confirmed,
            collection_of={concept: one.collection.id for one in copies.values() for concept in one.concepts},
            default=next((one.id for one in collections if one.is_default), None),
            failed=failed,
            now=began,
            stale_after_s=self._check_every_s + self._patience_s,
        )
        with self._lock:
            self._shelf = renewed

    def _current(self, collection: Collection, old: Copy | None) -> Copy:
        """The old copy when it is still current, else a new one."""
        if old is not None and collection.version is not None and old.collection == collection:
            return old
        tree = self._loader.hierarchy.tree(collection.id) if collection.version is not None else None
        if tree is None:
            return make_copy(collection, None, self._loader.catalogue.concepts(collection.id), [])
        hierarchy, concepts, edges = tree
        # The version may have moved since the collections were listed; the tree read is the one that counts.
        return make_copy(replace(collection, version=hierarchy.version), hierarchy, concepts, edges)

    def _complain(self, reason: str) -> None:
        if reason != self._reason:
            log.warning("copy_not_renewed", reason=reason)
        with self._lock:
            self._reason = reason
