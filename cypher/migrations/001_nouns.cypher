// What must be unique, and what is looked up by value. Names of concepts have no index: they may be longer than one holds.

CREATE CONSTRAINT collection_id IF NOT EXISTS FOR (n:Collection) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT concept_id IF NOT EXISTS FOR (n:Concept) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT concept_source_key IF NOT EXISTS FOR (n:Concept) REQUIRE n.source_key IS UNIQUE;
CREATE CONSTRAINT track_id IF NOT EXISTS FOR (n:Track) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT file_sha256 IF NOT EXISTS FOR (n:File) REQUIRE n.sha256 IS UNIQUE;
CREATE CONSTRAINT job_id IF NOT EXISTS FOR (n:Job) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT job_active_collection IF NOT EXISTS FOR (n:Job) REQUIRE n.active_collection IS UNIQUE;
CREATE CONSTRAINT job_idempotency_key IF NOT EXISTS FOR (n:Job) REQUIRE n.idempotency_key IS UNIQUE;
CREATE CONSTRAINT step_id IF NOT EXISTS FOR (n:Step) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT hierarchy_key IF NOT EXISTS FOR (n:Hierarchy) REQUIRE n.key IS UNIQUE;
CREATE INDEX job_state IF NOT EXISTS FOR (n:Job) ON (n.state);
CREATE INDEX job_created_at IF NOT EXISTS FOR (n:Job) ON (n.created_at);
