"""Versions of a hierarchy: what there are, how two differ, and which one readers see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from cypher.model import Origin, VersionState
from webapi.schemas import (
    ANY_VERSION,
    Answer,
    AuthorHeaders,
    DescendantsQuery,
    Id,
    Label,
    LimitQuery,
    PageQuery,
    Question,
    Text,
    fit,
)

Number = Annotated[int, Field(ge=1, lt=2**31)]
Note = Annotated[str, Field(max_length=2000), AfterValidator(fit)]


class VersionQuery(Question):
    version: Number | None = Field(default=None, description=ANY_VERSION)


class VersionPageQuery(PageQuery, VersionQuery):
    pass


class VersionLimitQuery(LimitQuery, VersionQuery):
    pass


class VersionDescendantsQuery(DescendantsQuery, VersionQuery):
    pass


class InCollectionQuery(Question):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")


class VersionsQuery(InCollectionQuery):
    costs: bool = Field(default=False, description="Count what only each version needs; reads the whole collection")


class DiffQuery(InCollectionQuery):
    from_: Number = Field(alias="from", description="The earlier version")
    to: Number | None = Field(default=None, description="The later version; the current one when left out")


class CollectionPath(Question):
    collection_id: Id


class VersionPath(Question):
    version: Number


class IfMatchHeaders(AuthorHeaders):
    if_match: Text | None = Field(
        default=None,
        pattern=r'^(\*|"\d{1,9}")$',
        description='`"N"`: only while version N is the current one; 412 otherwise',
    )


class Activation(Question):
    version: Number = Field(description="The one readers shall see")
    note: Note = Field(default="", description="Why; kept with the version")


class Refusal(Question):
    reason: Note = Field(default="", description="Why; kept with the version")


class VersionCost(Answer):
    """What would be freed in Neo4j if this version alone were pruned."""

    assessments: int
    similarities: int
    links: int
    bytes: int = Field(description="Estimated from the record sizes of Neo4j's store")


class Version(Answer):
    """One version. A refused one, and one that waits, can be read by its number as well."""

    version: int
    state: VersionState
    is_current: bool
    origin: Origin = Field(description="What made it: a rebuild, a curation, or an older version brought back")
    restores: int | None = Field(description="The older version whose tree it is, where it was brought back")
    published_at: datetime = Field(description="When it became current; when it was made, if it never did")
    edges: int
    sha256: str = Field(description="Over the sorted (child, parent) pairs of the whole tree")
    fingerprint: str
    measures: dict[str, float]
    author: str
    note: str
    reason: str = Field(description="Why it waits, or why it was refused; empty otherwise")
    has_links: bool = Field(description="Its similarities and track links can still be read")
    files: dict[str, str] = Field(description="Names of its build files in the data folder, by what they are")
    cost: VersionCost | None = Field(default=None, description="null unless `costs` was asked for")


class VersionPage(Answer):
    """Every version of a collection, newest first."""

    collection: Label
    current: int | None = Field(description="The version readers see; null before the first publication")
    waiting: int | None = Field(description="The candidate that waits for somebody to activate or refuse it")
    items: list[Version]
    next: str | None = None


class Move(Answer):
    """A concept below other parents; the top of the tree is an empty list."""

    id: str
    name: str
    before: list[Label]
    after: list[Label]


class Diff(Answer):
    """How the tree of one version becomes that of another; each list by name."""

    collection: Label
    from_version: int
    to_version: int
    common: int = Field(description="Concepts in both trees")
    moved_share: float = Field(description="Of them, the share below another parent")
    moved: list[Move]
    new: list[Label]
    gone: list[Label]


class CurrentVersion(Answer):
    """The version readers see now."""

    collection: Label
    current: Version
