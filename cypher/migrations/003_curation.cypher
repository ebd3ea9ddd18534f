// Curators' decisions, found by id, and by collection when a rebuild asks what stands.

CREATE CONSTRAINT curation_id IF NOT EXISTS FOR (n:Curation) REQUIRE n.id IS UNIQUE;
CREATE INDEX curation_standing IF NOT EXISTS FOR (n:Curation) ON (n.collection, n.state);
