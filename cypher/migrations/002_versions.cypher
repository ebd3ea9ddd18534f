// Versions become records of their own: numbers of stagings apart from those of versions, and the tree of every version
// on ASSESSED. Older releases swept the similarities and links of each version at the next, so only the current one has
// any; and their trees had one parent a concept.

MATCH (collection:Collection)
WHERE collection.version IS NOT NULL AND collection.links IS NULL
SET collection.links = collection.version, collection.stagings = collection.version,
    collection.highest = collection.version;

MATCH (collection:Collection)<-[:OF]-(hierarchy:Hierarchy)
WHERE hierarchy.origin IS NULL
SET hierarchy.origin = 'rebuild', hierarchy.author = '', hierarchy.note = '', hierarchy.reason = '',
    hierarchy.files = '{}',
    hierarchy.links = CASE WHEN hierarchy.version = collection.version THEN collection.links END;

MATCH ()-[measured:ASSESSED]->()
WHERE measured.parent IS NOT NULL OR (measured.below_root AND measured.parents IS NULL)
SET measured.parents = [coalesce(measured.parent, '')],
    measured.similarities = CASE WHEN measured.similarity IS NOT NULL THEN [measured.similarity] END,
    measured.margins = CASE WHEN measured.margin IS NOT NULL THEN [measured.margin] END
REMOVE measured.parent, measured.similarity, measured.margin;
