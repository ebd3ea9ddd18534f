"""What somebody likes, as weights on concepts, and how a weight on one concept reaches its relatives in the tree.

Conventions: a weight lies in -1..1: wanted above 0, unwanted below. A link's strength is `2 score - 1`, 0 for a track
that expresses a concept no more than even odds, 1 for certainty: a link that is not stored counts 0, so nothing jumps
at the threshold of storing. A track that was given to a concept has strength 1, whatever its sound says. A tree is
child -> parent, None below the virtual root; the root joins nobody.

Why seeds count by what they have more, or less, of than the usual track: general concepts are expressed by nearly
everything and would drown the particular ones (recall of held-out tracks 0.24 without, 0.34 with, on the demo). Why
given memberships count in full: they are what people said (0.34 without, 0.51 with).

Why what seed tracks express is not spread over the tree, and what was named or reacted to is: a track's own links say
already how far it expresses each relative, and spreading them blurs what was measured (0.51 without, 0.43 with); who
names or rejects one concept has said nothing of its relatives yet.

Why weights travel along edges and not along similarities: who dislikes a leaf says something about its parent and,
through the parent only, something less about its siblings; who likes it lifts what it is a kind of. An edge passes on
`reach` of a weight, two edges `reach` of that, and further nothing is carried: past the grandparent everything is kin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

REACH = 0.1
"""Share of a weight that one edge passes on."""
EDGES = 2
"""Edges that a weight travels."""

Weights = dict[str, float]
Strengths = Mapping[str, float]
Feedback = Literal["like", "dislike"]
SIGN: dict[Feedback, float] = {"like": 1.0, "dislike": -1.0}
A_REACTION = 0.5
"""Share of a whole seed that one like or dislike counts, so that three outweigh what a session began with."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One like or dislike, of a track (what it has more of than the usual one) or of a concept (1 of it)."""

    feedback: Feedback
    weights: Strengths


@dataclass(frozen=True, slots=True)
class Tree:
    """The edges of one version."""

    parent: Mapping[str, str | None]
    """Child -> parent, for every concept in the tree."""
    children: Mapping[str | None, Sequence[str]]

    def kin(self, concept_id: str) -> Iterable[str]:
        """What one edge joins the concept to."""
        above = self.parent.get(concept_id)
        if above is not None:
            yield above
        yield from self.children.get(concept_id, ())

    def path(self, concept_id: str) -> list[str]:
        """From the top of the tree down to the concept, itself included."""
        found = [concept_id]
        while (above := self.parent.get(found[-1])) is not None:
            found.append(above)
        return found[::-1]


def strength(score: float) -> float:
    """How far a link's score is above even odds.

    Args:
        score: 0..1

    Returns:
        0..1

    Example:
        >>> strength(0.75)
        0.5
    """
    return max(2.0 * score - 1.0, 0.0)


def strengths(scores: Mapping[str, float], given: Iterable[str] = ()) -> Weights:
    """The strengths of what joins one track to concepts, or one concept to tracks.

    Args:
        scores: id -> score of its link, 0..1.
        given: ids of given memberships.
    """
    return {one: strength(score) for one, score in scores.items()} | dict.fromkeys(given, 1.0)


def particular(track: Strengths, usual: Strengths) -> Weights:
    """What a track has more of than the usual track, 0..1 a concept; concepts it has no more of are left out.

    A track that has more of nothing is taken as it is: the most usual track has its own taste too.

    Example:
        >>> particular({"music": 0.75, "cello": 0.75}, {"music": 0.75, "cello": 0.25})
        {'cello': 0.5}
    """
    above = {one: found - usual.get(one, 0.0) for one, found in track.items()}
    return {one: found for one, found in above.items() if found > 0} or dict(track)


def lean(tracks: Sequence[Strengths], usual: Strengths) -> Weights:
    """What some tracks have more of than the usual track, above 0, and less of, below 0; the largest is 1 or -1.

    Tracks that have more of nothing are taken as they are.

    Example:
        >>> lean([{"cello": 1.0}, {"cello": 0.5, "drums": 0.5}], {"cello": 0.25, "drums": 0.5})
        {'cello': 1.0, 'drums': -0.5}
    """
    mean: Weights = {}
    for track in tracks:
        add(mean, track, 1.0 / len(tracks))
    if not mean:
        return {}
    leaning = {one: mean.get(one, 0.0) - usual.get(one, 0.0) for one in mean.keys() | usual.keys()}
    more = any(value > 0 for value in leaning.values())
    return scaled({one: leaning[one] for one in sorted(leaning)} if more else mean)


def scaled(weights: Mapping[str, float]) -> Weights:
    """The same weights, the largest by size made 1 or -1; nothing where all are 0."""
    largest = max(map(abs, weights.values()), default=0.0)
    return {one: weight / largest for one, weight in weights.items()} if largest else {}


def add(onto: Weights, what: Strengths, times: float) -> None:
    """Add a multiple of some weights to others."""
    for concept_id, weight in what.items():
        onto[concept_id] = onto.get(concept_id, 0.0) + times * weight


def spread(weights: Mapping[str, float], tree: Tree, reach: float = REACH) -> Weights:
    """Let every weight reach its relatives: `reach` of it one edge away, `reach` squared two edges away.

    Args:
        weights: as given or gathered, any size.
        tree: the edges.
        reach: 0..1; 0 leaves the weights as they are, so that the tree plays no part.

    Returns:
        Weights of the same concepts and their relatives. A concept never reaches itself by way of another.

    Example:
        >>> tree = Tree({"strings": None, "cello": "strings", "viola": "strings"}, {"strings": ("cello", "viola")})
        >>> spread({"cello": -1.0}, tree, 0.5)
        {'cello': -1.0, 'strings': -0.5, 'viola': -0.25}
    """
    found: Weights = dict(weights)
    if reach == 0.0:
        return found
    for concept_id, weight in weights.items():
        seen, front, carried = {concept_id}, [concept_id], weight
        for _ in range(EDGES):
            front = [kin for one in front for kin in tree.kin(one) if kin not in seen]
            carried *= reach
            seen.update(front)
            for kin in front:
                found[kin] = found.get(kin, 0.0) + carried
    return found


def bounded(weights: Mapping[str, float], count: int) -> Weights:
    """The `count` largest weights by size, ties by id, scaled so that the largest is 1 or -1."""
    chosen = sorted(weights, key=lambda one: (-abs(weights[one]), one))[:count]
    return scaled({one: weights[one] for one in chosen if weights[one] != 0.0})


def gather(
    concepts: Mapping[str, float],
    tracks: Sequence[Strengths],
    reactions: Sequence[Reaction],
    usual: Strengths,
    tree: Tree,
    *,
    reach: float = REACH,
    count: int = 64,
) -> Weights:
    """Everything somebody said, as weights.

    Args:
        concepts: weights that were named, -1..1.
        tracks: strengths of the seed tracks.
        reactions: likes and dislikes; each adds to what was there, whatever the order.
        usual: concept -> its mean strength over all tracks.
        tree: over which the weights travel.
        reach: see `spread`.
        count: so many of the largest weights are kept.

    Returns:
        Concept -> weight, the largest 1 or -1; empty when there is nothing to go on.
    """
    said: Weights = {}
    add(said, concepts, 1.0)
    for reaction in reactions:
        add(said, scaled(reaction.weights), SIGN[reaction.feedback] * A_REACTION)
    found = spread(said, tree, reach)
    add(found, lean(tracks, usual), 1.0)
    return bounded(found, count)
