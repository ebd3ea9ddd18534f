"""What is done to the versions of a collection once they exist: activate, refuse, prune, and find what hands changed.

Conventions: nothing here takes a lease; each write is one transaction under the lock of the collection, optionally only
when the collection is still at the version that the caller has looked at (`expected`). History is linear: an old
version comes back as a new one with the same tree, so nothing is lost and what was current when stays true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from cypher.costs import VersionCost, costs
from cypher.errors import RebuildActive, TornRead, UnknownCollection, UnknownVersion, VersionStateConflict
from cypher.loader import load_query
from cypher.model import HandEdits, Hierarchy, Pruned, Publication, Version
from cypher.publication import check, lock_expecting, make_current, publish_small, refuse
from cypher.records import current_row, hierarchy_key, hierarchy_of, read_assessed, read_version, read_whole
from cypher.runner import Runner, Transaction
from cypher.staging import sweep

Change = Callable[[Transaction, Version], Publication]
"""Makes the next version of the current one, inside the transaction that will publish it."""


class VersionStore:
    """The versions of collections."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def activate(
        self, collection: str, version: int, *, expected: int | None = None, author: str = "", note: str = ""
    ) -> Hierarchy:
        """Make readers see the tree of a version again, or for the first time where it waits at the gate.

        A candidate becomes current under its own number, unless a newer version has become current meanwhile. Every
        other version comes back as a new one (`restores` says of which), with its similarities and links where they are
        kept, else with those that the current version shows. What is current already, or was brought back by the
        version that is, changes nothing.

        Args:
            collection: its id.
            version: the one to see.
            expected: the current version that the caller has looked at; None: whatever it is.
            author: who wants it.
            note: why.

        Returns:
            The version that is current now.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownVersion: the collection has no such version.
            VersionMoved: the collection is at another version than expected.
            VersionStateConflict: the version was refused.
        """
        return self._runner.write(
            partial(_activate, collection=collection, version=version, expected=expected, author=author, note=note)
        )

    def refuse(self, collection: str, version: int, *, reason: str = "") -> Hierarchy:
        """Say that a candidate will not become current; its tree can be read until it is pruned.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownVersion: the collection has no such version.
            VersionStateConflict: it does not wait.
        """
        refused = self._runner.write(partial(_refuse, collection=collection, version=version, reason=reason))
        self._sweep_unless_rebuilding(collection)
        return refused

    def revise(self, collection: str, change: Change, *, expected: int | None = None) -> Hierarchy:
        """A small publication made of the current version, in one transaction.

        Args:
            collection: its id.
            change: given the transaction and the current version, makes the next one; `publication_of` is a start.
            expected: the current version that the caller has looked at; None: whatever it is.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownVersion: nothing was published yet.
            VersionMoved: the collection is at another version than expected.
            HierarchyInvalid: what `change` made is no hierarchy.
        """

        def work(tx: Transaction) -> Hierarchy:
            numbers = lock_expecting(tx, collection, expected)
            publication = change(tx, read_version(tx, collection, numbers.version))
            check(publication)
            return publish_small(tx, publication, numbers)

        return self._runner.write(work)

    def prune(self, collection: str, keep: int, *, dry_run: bool = False) -> Pruned:
        """Delete versions nobody needs: all but the newest `keep` published ones, the current one and those that wait.

        Refused versions go when they are older than what is kept. While a rebuild is active its end sweeps.

        Args:
            collection: its id.
            keep: published versions to keep, at least 1.
            dry_run: only say what would go.

        Raises:
            UnknownCollection: there is none of that id.
            ValueError: `keep` is less than 1.
        """
        if keep < 1:
            raise ValueError("at least one version is kept")

        def work(tx: Transaction) -> Pruned:
            current = lock_expecting(tx, collection, None).version
            every = [hierarchy_of(row) for row in tx.run(load_query("list_hierarchies"), collection=collection)]
            gone = superfluous(every, current, keep)
            if gone and not dry_run:
                keys = [hierarchy_key(collection, version) for version in gone]
                tx.run(load_query("forget_versions"), keys=keys)
            kept = tuple(one.version for one in every if one.version not in gone)
            shown = {one.staging for one in every if one.version in kept and one.state != "refused"}
            stale = _stale(tx, collection, sorted(one for one in shown if one is not None))
            return Pruned(tuple(gone), kept, stale)

        pruned = self._runner.write(work)
        if not dry_run:
            self._sweep_unless_rebuilding(collection)
        return pruned

    def costs(self, collection: str) -> dict[int, VersionCost]:
        """What only each version needs, by its number; reads every similarity and link of the collection.

        Raises:
            UnknownCollection: there is none of that id.
        """

        def work(tx: Transaction) -> dict[int, VersionCost]:
            if not tx.run(load_query("find_collection"), id=collection):
                raise UnknownCollection(collection)
            every = [hierarchy_of(row) for row in tx.run(load_query("list_hierarchies"), collection=collection)]
            return costs(tx, collection, every)

        return self._runner.read(work)

    def clear_candidates(self, collection: str) -> int:
        """Remove the drawings of versions that do not wait; returns how many relationships that were.

        Raises:
            UnknownCollection: there is none of that id.
        """

        def work(tx: Transaction) -> int:
            waiting = list(lock_expecting(tx, collection, None).waiting)
            rows = tx.run(load_query("remove_candidate_edges"), collection=collection, waiting=waiting)
            return int(rows[0]["removed"])

        return self._runner.write(work)

    def hand_edits(self, collection: str) -> HandEdits | None:
        """Where PARENT_OF differs from the tree of the current version; None before the first publication.

        Raises:
            UnknownCollection: there is none of that id.
            TornRead: publications fell into the reading, three times in a row.
        """
        return read_whole(self._runner, partial(hand_edits, collection=collection))

    def _sweep_unless_rebuilding(self, collection: str) -> None:
        with suppress(RebuildActive):  # it sweeps when it ends
            sweep(self._runner, collection, None)


def publication_of(version: Version) -> Publication:
    """What a version says, to be published again as it is or with something changed.

    Its staging is None where it is no longer kept: then it shows what the current version shows.
    """
    said = version.hierarchy
    return Publication(
        collection=said.collection,
        staging=said.staging,
        edges=version.edges,
        assessments=version.assessments,
        parameters=said.parameters,
        fingerprint=said.fingerprint,
        measures=said.measures,
        files=said.files,
        origin=said.origin,
    )


def superfluous(every: Sequence[Hierarchy], current: int, keep: int) -> list[int]:
    """The versions that pruning deletes.

    Args:
        every: all versions of a collection, newest first.
        current: the one readers see; always kept.
        keep: published versions to keep, the current one among them.
    """
    published = [one.version for one in every if one.state == "published" and one.version != current]
    wanted = {current, *published[: keep - 1]}
    wanted |= {one.version for one in every if one.state == "candidate"}
    wanted |= {one.version for one in every if one.state == "refused" and one.version > min(wanted)}
    return [one.version for one in every if one.version not in wanted]


def _activate(
    tx: Transaction, collection: str, version: int, *, expected: int | None, author: str, note: str
) -> Hierarchy:
    numbers = lock_expecting(tx, collection, expected)
    found = read_version(tx, collection, version)
    said = found.hierarchy
    if version == numbers.version:
        return said
    if said.state == "refused":
        raise VersionStateConflict(collection, version, said.state, "be activated")
    row = current_row(tx, collection)
    if row is not None and (row["restores"], row["sha256"]) == (version, said.sha256):
        return hierarchy_of(row)
    waits = said.state == "candidate"
    if waits and version > numbers.version:
        tx.run(load_query("remove_candidate_edges"), collection=collection, waiting=[])
        return make_current(tx, collection, version, found.edges)
    publication = replace(publication_of(found), origin="activation", restores=version, author=author, note=note)
    check(publication)
    if waits:
        refuse(tx, collection, version, f"published as version {numbers.highest + 1}")
    return publish_small(tx, publication, numbers)


def _refuse(tx: Transaction, collection: str, version: int, reason: str) -> Hierarchy:
    lock_expecting(tx, collection, None)
    rows = tx.run(load_query("find_hierarchy"), key=hierarchy_key(collection, version))
    if not rows:
        raise UnknownVersion(collection, version)
    if rows[0]["state"] != "candidate":
        raise VersionStateConflict(collection, version, rows[0]["state"], "be refused")
    return refuse(tx, collection, version, reason)


def _stale(tx: Transaction, collection: str, retained: list[int]) -> int:
    """How many similarities and links no version shows."""
    return sum(
        int(tx.run(load_query(name), collection=collection, retained=retained)[0]["stale"])
        for name in ("count_stale_similarities", "count_stale_links")
    )


def hand_edits(tx: Transaction, collection: str) -> HandEdits | None:
    """See `VersionStore.hand_edits`; for who holds a transaction.

    Raises:
        UnknownCollection: there is none of that id.
        TornRead: a publication fell into the reading.
    """
    row = current_row(tx, collection)
    if row is None:
        return None
    found = read_assessed(tx, row)
    tree = Counter((edge.child, edge.parent) for edge in found.edges if edge.parent is not None)
    drawn = Counter(
        (one["child"], one["parent"]) for one in tx.run(load_query("list_parent_edges"), collection=collection)
    )
    again = current_row(tx, collection)
    version = found.hierarchy.version
    if again is None or again["version"] != version:
        raise TornRead(collection, version, "another version was published meanwhile")
    return HandEdits(
        collection, version, tuple(sorted((drawn - tree).elements())), tuple(sorted((tree - drawn).elements()))
    )
