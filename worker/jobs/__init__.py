"""How the computation is run: jobs in Neo4j's ledger, steps rung through Celery, stages that load, call and save."""
