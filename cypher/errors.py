"""The errors of the graph. Each names the thing and the remedy; fields go to the base so that they survive pickling."""


class GraphError(Exception):
    """The root of all of them; the command line prints it without a traceback."""

    code: str = "graph_error"


# --- the server ------------------------------------------------------------------------------------------------------


class GraphUnavailable(GraphError):
    """Neo4j does not answer, or not in time."""

    code = "graph_unavailable"

    def __init__(self, uri: str, detail: str = "") -> None:
        super().__init__(uri, detail)
        self.uri, self.detail = uri, detail

    def __str__(self) -> str:
        why = f" ({self.detail})" if self.detail else ""
        return (
            f"Neo4j does not answer at {self.uri}{why}; "
            "start it with `audio-concepts up`, or set AUDIO_CONCEPTS_NEO4J_URI"
        )


class GraphAccessDenied(GraphError):
    """The password or the user is wrong."""

    code = "graph_access_denied"

    def __init__(self, uri: str, user: str) -> None:
        super().__init__(uri, user)
        self.uri, self.user = uri, user

    def __str__(self) -> str:
        return (
            f"Neo4j at {self.uri} refuses user {self.user!r} with this password; "
            "set AUDIO_CONCEPTS_NEO4J_PASSWORD (the local stack keeps its own in stack.env)"
        )


class GraphTooSmall(GraphError):
    """The graph algorithms would need more memory than the server has."""

    code = "graph_too_small"

    def __init__(self, needed_bytes: int, free_bytes: int, what: str) -> None:
        super().__init__(needed_bytes, free_bytes, what)
        self.needed_bytes, self.free_bytes, self.what = needed_bytes, free_bytes, what

    def __str__(self) -> str:
        needed, free = self.needed_bytes / 2**20, self.free_bytes / 2**20
        return (
            f"{self.what} needs {needed:.0f} MiB of Neo4j's heap and {free:.0f} MiB are free; "
            "raise AUDIO_CONCEPTS_NEO4J_HEAP, or the similarity threshold"
        )


# --- queries and schema ----------------------------------------------------------------------------------------------


class QueryMalformed(GraphError):
    """A query file whose header does not say what its body does, or a call with other parameters than the header's."""

    code = "query_malformed"

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(name, detail)
        self.name, self.detail = name, detail

    def __str__(self) -> str:
        return f"query {self.name}: {self.detail}; mend the header, the body or the call"


class UniquenessViolated(GraphError):
    """A uniqueness constraint refused a write; the stores turn it into what it means."""

    code = "uniqueness_violated"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the graph holds this already ({self.detail}); read it again before writing"


class DatabaseNewer(GraphError):
    """The database was migrated by a newer release than this one."""

    code = "database_newer"

    def __init__(self, found: int, known: int) -> None:
        super().__init__(found, known)
        self.found, self.known = found, known

    def __str__(self) -> str:
        return (
            f"the database is at migration {self.found}, this release knows {self.known}; "
            "upgrade audio-concepts, or open another database"
        )


class MigrationChanged(GraphError):
    """A migration that was already applied has another text now."""

    code = "migration_changed"

    def __init__(self, number: int, name: str) -> None:
        super().__init__(number, name)
        self.number, self.name = number, name

    def __str__(self) -> str:
        return (
            f"migration {self.number} ({self.name}) was applied with another text; "
            "restore the file, and put the change into a new migration"
        )


# --- nouns that are not there ----------------------------------------------------------------------------------------


class UnknownCollection(GraphError):
    code = "unknown_collection"

    def __init__(self, collection: str | None) -> None:
        super().__init__(collection)
        self.collection = collection

    def __str__(self) -> str:
        if self.collection is None:
            return "there is no collection yet; make one with `audio-concepts import` or `audio-concepts demo`"
        return f"there is no collection {self.collection!r}; `GET /collections` lists those there are"


class UnknownConcept(GraphError):
    code = "unknown_concept"

    def __init__(self, concept: str, collection: str | None = None) -> None:
        super().__init__(concept, collection)
        self.concept, self.collection = concept, collection

    def __str__(self) -> str:
        where = f" in collection {self.collection!r}" if self.collection is not None else ""
        return f"there is no concept {self.concept!r}{where}; `GET /concepts` lists those there are"


class UnknownKey(GraphError):
    code = "unknown_key"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"there is no API key {self.key!r}; `audio-concepts keys list` shows those there are"


class UnknownTrack(GraphError):
    code = "unknown_track"

    def __init__(self, track: str) -> None:
        super().__init__(track)
        self.track = track

    def __str__(self) -> str:
        return f"there is no track {self.track!r}; import its file first"


class UnknownJob(GraphError):
    code = "unknown_job"

    def __init__(self, job: str) -> None:
        super().__init__(job)
        self.job = job

    def __str__(self) -> str:
        return f"there is no job {self.job!r}; `GET /jobs` lists those there are"


class UnknownStep(GraphError):
    code = "unknown_step"

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step

    def __str__(self) -> str:
        return f"there is no step {self.step!r}; its job was deleted, drop the message"


class UnknownSchedule(GraphError):
    code = "unknown_schedule"

    def __init__(self, collection: str) -> None:
        super().__init__(collection)
        self.collection = collection

    def __str__(self) -> str:
        return f"collection {self.collection!r} has no schedule; `audio-concepts schedule set` gives it one"


# --- work ------------------------------------------------------------------------------------------------------------


class RebuildActive(GraphError):
    """Another rebuild of the collection has not ended."""

    code = "rebuild_active"

    def __init__(self, job_id: str, collection: str) -> None:
        super().__init__(job_id, collection)
        self.job_id, self.collection = job_id, collection

    def __str__(self) -> str:
        return f"collection {self.collection!r} is being rebuilt by job {self.job_id}; wait for it, or cancel it"


class IdempotencyKeyReused(GraphError):
    """The key belongs to a job that asked for something else."""

    code = "idempotency_key_reused"

    def __init__(self, key: str, job_id: str) -> None:
        super().__init__(key, job_id)
        self.key, self.job_id = key, job_id

    def __str__(self) -> str:
        return (
            f"idempotency key {self.key!r} belongs to job {self.job_id}, which asked for something else; "
            "use another key"
        )


class JobStateConflict(GraphError):
    """What was asked cannot be done to a job in this state."""

    code = "job_state_conflict"

    def __init__(self, job_id: str, state: str, action: str) -> None:
        super().__init__(job_id, state, action)
        self.job_id, self.state, self.action = job_id, state, action

    def __str__(self) -> str:
        return f"job {self.job_id} is {self.state}: it cannot {self.action}; look at its state first"


class LeaseLost(GraphError):
    """Another worker holds the step, or nobody does any more: nothing was written."""

    code = "lease_lost"

    def __init__(self, step_id: str, fence: int) -> None:
        super().__init__(step_id, fence)
        self.step_id, self.fence = step_id, fence

    def __str__(self) -> str:
        return f"the lease {self.fence} on step {self.step_id} is over; stop this work, whoever holds it now goes on"


class JobCancelled(GraphError):
    """Somebody cancelled the job: the step was given back, stop."""

    code = "job_cancelled"

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id

    def __str__(self) -> str:
        return f"job {self.job_id} was cancelled; `audio-concepts jobs retry {self.job_id}` goes on where it stopped"


# --- publication -----------------------------------------------------------------------------------------------------


class UnknownVersion(GraphError):
    code = "unknown_version"

    def __init__(self, collection: str, version: int) -> None:
        super().__init__(collection, version)
        self.collection, self.version = collection, version

    def __str__(self) -> str:
        return (
            f"collection {self.collection!r} has no version {self.version}, or no longer; "
            "`audio-concepts versions list` shows those it has"
        )


class StagingSuperseded(GraphError):
    """What was staged cannot become a version: a newer rebuild has been published."""

    code = "staging_superseded"

    def __init__(self, collection: str, staging: int | None, newest: int) -> None:
        super().__init__(collection, staging, newest)
        self.collection, self.staging, self.newest = collection, staging, newest

    def __str__(self) -> str:
        return (
            f"staging {self.staging} of collection {self.collection!r} cannot be built or published: "
            f"a rebuild with staging {self.newest} was published or waits; rebuild the collection"
        )


class StagingGone(GraphError):
    """Similarities and links of a version were swept; its tree is still there."""

    code = "staging_gone"

    def __init__(self, collection: str, version: int) -> None:
        super().__init__(collection, version)
        self.collection, self.version = collection, version

    def __str__(self) -> str:
        return (
            f"similarities and track links of version {self.version} of collection {self.collection!r} are no longer "
            "kept (refused, pruned, or written by an older release); its tree is: ask without `version` for the links"
        )


class VersionMoved(GraphError):
    """The collection is at another version than the caller thought: nothing was written."""

    code = "version_moved"

    def __init__(self, collection: str, expected: int, current: int) -> None:
        super().__init__(collection, expected, current)
        self.collection, self.expected, self.current = collection, expected, current

    def __str__(self) -> str:
        return (
            f"collection {self.collection!r} is at version {self.current}, not {self.expected} any more; "
            "look at it, and ask again if you still want to"
        )


class VersionStateConflict(GraphError):
    """What was asked cannot be done to a version in this state."""

    code = "version_state_conflict"

    def __init__(self, collection: str, version: int, state: str, action: str) -> None:
        super().__init__(collection, version, state, action)
        self.collection, self.version, self.state, self.action = collection, version, state, action

    def __str__(self) -> str:
        return (
            f"version {self.version} of collection {self.collection!r} is {self.state}: it cannot {self.action}; "
            "`audio-concepts versions list` shows what each one is"
        )


class TornRead(GraphError):
    """What was read does not add up to the version: it was pruned meanwhile, or somebody edited the record of it."""

    code = "torn_read"

    def __init__(self, collection: str, version: int, detail: str) -> None:
        super().__init__(collection, version, detail)
        self.collection, self.version, self.detail = collection, version, detail

    def __str__(self) -> str:
        return (
            f"what is recorded of version {self.version} of collection {self.collection!r} does not add up "
            f"({self.detail}); read again, and if it stays so somebody edited ASSESSED or Hierarchy by hand: "
            "rebuild the collection"
        )


class HierarchyInvalid(GraphError):
    """Edges that are no tree of the collection: a cycle, a concept twice, one from elsewhere."""

    code = "hierarchy_invalid"

    def __init__(self, collection: str, detail: str) -> None:
        super().__init__(collection, detail)
        self.collection, self.detail = collection, detail

    def __str__(self) -> str:
        return f"the hierarchy of collection {self.collection!r} is refused: {self.detail}; mend what built it"


# --- curation --------------------------------------------------------------------------------------------------------


class NotInTree(GraphError):
    """A decision about a concept that does not stand in the current hierarchy."""

    code = "not_in_tree"

    def __init__(self, concept: str, reason: str = "outside it") -> None:
        super().__init__(concept, reason)
        self.concept, self.reason = concept, reason

    def __str__(self) -> str:
        return f"concept {self.concept!r} is not in the hierarchy ({self.reason}); rebuild, or choose another"


class WouldCycle(GraphError):
    """A concept would hang below itself."""

    code = "would_cycle"

    def __init__(self, concept: str, parent: str) -> None:
        super().__init__(concept, parent)
        self.concept, self.parent = concept, parent

    def __str__(self) -> str:
        return f"{self.concept!r} cannot hang below {self.parent!r}, itself or what hangs below it; move that out first"


class UnknownCuration(GraphError):
    code = "unknown_curation"

    def __init__(self, curation: str) -> None:
        super().__init__(curation)
        self.curation = curation

    def __str__(self) -> str:
        return f"there is no curation {self.curation!r}; `GET /curations` lists those there are"


class CurationOver(GraphError):
    """A decision that was taken back, or replaced, cannot be taken back again."""

    code = "curation_over"

    def __init__(self, curation: str, state: str) -> None:
        super().__init__(curation, state)
        self.curation, self.state = curation, state

    def __str__(self) -> str:
        return f"curation {self.curation!r} does not stand any more: it is {self.state}; `GET /curations` shows by what"


class CurationMeaningless(GraphError):
    """A decision that would change nothing, or that cannot be made of these concepts."""

    code = "curation_meaningless"


class CurationMoved(GraphError):
    """Somebody decided something while a rebuild grew its tree: grow it again with that."""

    code = "curation_moved"

    def __init__(self, collection: str, seen: int, now: int) -> None:
        super().__init__(collection, seen, now)
        self.collection, self.seen, self.now = collection, seen, now

    def __str__(self) -> str:
        return f"the tree of {self.collection!r} was grown with {self.seen} of {self.now} decisions; grow it again"
