"""Answers a search or a recommendation: asks the stores three batched questions and leaves the ranking to the worker.

Conventions: all of one answer comes from one version: concepts outside its tree play no part. At most `MOST_CONCEPTS`
weights and `SHORTLIST` tracks are weighed; the first round knows the strongest tracks of each weighted concept, the
second all that joins the best of these to concepts, so that what is shown adds up exactly.

Why nothing of a session is kept: its events come with every request. An answer is a function of its question, any
process may give it, nothing that somebody liked lies on a disk, and undoing a like is sending the list without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from cypher.errors import UnknownConcept
from cypher.model import Linked, Track
from webapi.copies import Copy
from webapi.errors import NothingToGoOn
from webapi.schemas import recommending as said
from webapi.snapshot import Held, Shelf
from webapi.stores import Stores
from worker.answers.recommendation import Candidate, Chosen, Wishes, choose, shortlist
from worker.answers.taste import Reaction, Strengths, Tree, Weights, gather, particular, strengths

SHORTLIST = 400
LINKS = 20_000
"""Links of weighted concepts that one request reads at most, shared out evenly."""
SUBTREE = 64
"""Concepts below `below` whose tracks are gathered."""
OF_ONE_CODE = 20
"""Tracks that one ISRC or MusicBrainz id stands for at most; more share what is no code, such as `unknown`."""


class Usual:
    """The mean strengths of each collection's current version, read once a version."""

    def __init__(self, stores: Stores) -> None:
        """Know nothing yet.

        Args:
            stores: asked for whole collections; may take longer than those of requests.
        """
        self._stores = stores
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, dict[str, float]]] = {}

    def of(self, copy: Copy) -> Mapping[str, float]:
        """Concept -> mean strength over all tracks.

        Raises:
            GraphUnavailable: it had to be read, and Neo4j did not answer.
        """
        with self._lock:
            digest, usual = self._known.get(copy.collection.id, ("", {}))
            if digest != copy.digest:
                usual = self._stores.links.usual(copy.collection.id)
                self._known[copy.collection.id] = copy.digest, usual
            return usual


@dataclass(frozen=True, slots=True)
class Ranked:
    """Chosen tracks with what is needed to show them."""

    held: Held
    weights: Weights
    considered: int
    chosen: list[Chosen]
    links: Mapping[str, Strengths]
    given: Mapping[str, int]
    tracks: Mapping[str, Track]
    missing: said.Missing


def tree_of(copy: Copy) -> Tree:
    """The edges of a copy, as recommendation wants them."""
    return Tree({child: edge.parent for child, edge in copy.edges.items()}, copy.children)


def held_for(shelf: Shelf, collection: str | None, concepts: Iterable[str]) -> Held:
    """The copy a question is about: the collection named, else the first known concept's, else the default."""
    if collection is None:
        for concept_id in concepts:
            if concept_id in shelf.collection_of:
                return shelf.having(concept_id)
    return shelf.collection(collection)


# --- searching -------------------------------------------------------------------------------------------------------


def search(held: Held, asked: said.TrackSearch, ask: Callable[[Callable[[Stores], Ranked]], Ranked]) -> Ranked:
    """The tracks with the highest sum of weighted strengths.

    Raises:
        NothingToGoOn: no concept named is in the tree.
        UnknownConcept: `below` is not.
    """
    weights = {one.concept: one.weight for one in asked.concepts if one.concept in held.copy.edges}
    missing = said.Missing(tracks=[], concepts=[one.concept for one in asked.concepts if one.concept not in weights])
    if not any(weight > 0 for weight in weights.values()):
        unknown = tuple(missing.named())
        raise NothingToGoOn("no concept with a weight above 0 is in the tree of this collection", unknown)
    wishes = Wishes(limit=SHORTLIST, diversity=0.0, reach=0.0)
    pool = _Pool(held, weights, asked.below, said.Exclusions(), frozenset())
    return ask(lambda stores: _rank(stores, pool, wishes, missing))


# --- recommending ----------------------------------------------------------------------------------------------------


def recommend(
    held: Held, asked: said.RecommendationRequest, usual: Usual, ask: Callable[[Callable[[Stores], Ranked]], Ranked]
) -> Ranked:
    """Tracks for somebody of whom the request says all that is known.

    Raises:
        NothingToGoOn: nothing that was named is known, or all of it is unwanted.
        UnknownConcept: `below` is not in the tree.
    """
    return ask(lambda stores: _recommend(stores, held, asked, usual.of(held.copy)))


def _recommend(stores: Stores, held: Held, asked: said.RecommendationRequest, usual: Strengths) -> Ranked:
    copy, seeds = held.copy, asked.seeds
    members = stores.links.members(one for one in seeds.playlists if one in copy.concepts)
    from_playlists = [track_id for one in sorted(members) for track_id in members[one]]
    codes = seeds.isrcs, seeds.mbids
    coded = stores.catalogue.tracks_by_codes(*codes, OF_ONE_CODE) if any(codes) else []
    liked = [event.track for event in asked.session if event.track is not None]
    seeding = [*seeds.tracks, *(one.id for one in coded), *from_playlists]
    found = stores.links.of_tracks(copy.collection.id, [*seeding, *liked])
    joined = {track_id: _strengths(copy, linked) for track_id, linked in found.items()}
    weights = gather(
        {one.concept: one.weight for one in seeds.concepts if one.concept in copy.edges},
        [joined[one] for one in dict.fromkeys(seeding) if one in joined],
        [reaction for event in asked.session if (reaction := _reaction(event, joined, usual, copy)) is not None],
        usual,
        tree_of(copy),
        reach=asked.reach,
        count=said.MOST_CONCEPTS,
    )
    missing = _missing(copy, asked, found.keys(), coded)
    if not any(weight > 0 for weight in weights.values()):
        raise NothingToGoOn("nothing that was named is known and wanted", tuple(missing.named()))
    pool = _Pool(held, weights, asked.below, asked.exclude, frozenset([*seeding, *liked, *asked.exclude.tracks]))
    wishes = Wishes(asked.limit, asked.diversity, asked.novelty, asked.max_per_artist, asked.reach)
    return _rank(stores, pool, wishes, missing)


def _missing(
    copy: Copy, asked: said.RecommendationRequest, tracks: AbstractSet[str], coded: Sequence[Track]
) -> said.Missing:
    """What was named and is none of the known tracks, no code of those that were found by one, and no known concept."""
    seeds = asked.seeds
    named = [*seeds.tracks, *(event.track for event in asked.session if event.track is not None)]
    concepts = [*seeds.playlists, *(one.concept for one in seeds.concepts)]
    concepts += [event.concept for event in asked.session if event.concept is not None] + asked.exclude.concepts
    known = copy.concepts.keys() if seeds.playlists else copy.edges.keys()

    def unknown(names: Iterable[str], there: AbstractSet[str]) -> list[str]:
        return [one for one in dict.fromkeys(names) if one not in there]

    return said.Missing(
        tracks=unknown(named, tracks),
        isrcs=unknown(seeds.isrcs, {one.isrc for one in coded}),
        mbids=unknown(seeds.mbids, {one.mbid for one in coded}),
        concepts=unknown(concepts, known),
    )


def _reaction(event: said.Event, joined: Mapping[str, Strengths], usual: Strengths, copy: Copy) -> Reaction | None:
    if event.concept is not None:
        return Reaction(event.feedback, {event.concept: 1.0}) if event.concept in copy.edges else None
    track = joined.get(event.track or "")
    return Reaction(event.feedback, particular(track, usual)) if track is not None else None


# --- what both do ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pool:
    """Which tracks may be shown at all."""

    held: Held
    weights: Weights
    below: str | None
    exclude: said.Exclusions
    not_again: frozenset[str]

    def beneath(self, concept_ids: Iterable[str]) -> set[str]:
        """The concepts and all below them."""
        copy = self.held.copy
        found: set[str] = set()
        for one in concept_ids:
            found.add(one)
            found.update(below for _, below in copy.below(one, len(copy.edges)))
        return found


def _rank(stores: Stores, pool: _Pool, wishes: Wishes, missing: said.Missing) -> Ranked:
    copy, weights = pool.held.copy, pool.weights
    if pool.below is not None and pool.below not in copy.edges:
        raise UnknownConcept(pool.below, copy.collection.id)
    within = pool.beneath([pool.below]) if pool.below is not None else None
    asked = list(weights) if within is None else [*weights, *_nearest(copy, pool.below, SUBTREE)]
    limit = max(LINKS // len(asked), SHORTLIST // 4)
    by_concept = {
        concept_id: strengths(linked.scores, linked.given)
        for concept_id, linked in stores.links.of_concepts(copy.collection.id, asked, limit).items()
    }
    if within is not None:
        inside = {track_id for one in within & by_concept.keys() for track_id in by_concept[one]}
        by_concept = {one: {t: s for t, s in links.items() if t in inside} for one, links in by_concept.items()}
    allowed = {one: {t: s for t, s in links.items() if t not in pool.not_again} for one, links in by_concept.items()}
    best = [track_id for track_id, _ in shortlist(allowed, weights, SHORTLIST)]
    found = stores.links.of_tracks(copy.collection.id, best)
    links = {track_id: _strengths(copy, linked) for track_id, linked in found.items()}
    # What the tracks are called is read of those that are shown, unless artists decide which these are.
    artists_matter = bool(pool.exclude.artists) or wishes.max_per_artist is not None
    tracks = {track.id: track for track in stores.catalogue.tracks(best)} if artists_matter else {}
    artist = {track_id: track.artist for track_id, track in tracks.items()}
    fits = _fits(pool, within)
    candidates = [
        Candidate(track_id, links[track_id], artist.get(track_id, ""), len(found[track_id].given))
        for track_id in best
        if track_id in links and fits(links[track_id], artist.get(track_id, ""))
    ]
    chosen = choose(candidates, weights, tree_of(copy), wishes)
    if not artists_matter:
        tracks = {track.id: track for track in stores.catalogue.tracks([one.track_id for one in chosen])}
    return Ranked(
        held=pool.held,
        weights=weights,
        considered=len(candidates),
        chosen=[one for one in chosen if one.track_id in tracks],
        links=links,
        given={track_id: len(linked.given) for track_id, linked in found.items()},
        tracks=tracks,
        missing=missing,
    )


def _nearest(copy: Copy, concept_id: str | None, count: int) -> list[str]:
    below = [one for _, one in copy.below(concept_id, len(copy.edges))]
    return [*([concept_id] if concept_id is not None else []), *below][:count]


def _fits(pool: _Pool, within: AbstractSet[str] | None) -> Callable[[Strengths, str], bool]:
    """Whether a track of these links and this artist may be shown."""
    artists = {artist.casefold() for artist in pool.exclude.artists if artist}
    unwanted = pool.beneath(one for one in pool.exclude.concepts if one in pool.held.copy.edges)

    def fits(links: Strengths, artist: str) -> bool:
        if within is not None and within.isdisjoint(links):
            return False
        return artist.casefold() not in artists and unwanted.isdisjoint(links)

    return fits


def _strengths(copy: Copy, linked: Linked) -> Strengths:
    """By concept, those of the tree only."""
    every = strengths(linked.scores, linked.given)
    return {concept_id: found for concept_id, found in every.items() if concept_id in copy.edges}


def by_score(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Best first, ties by id: the order that pages are cut from."""
    return sorted(chosen, key=lambda one: (-one.score, one.track_id))
