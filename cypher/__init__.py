"""The graph: its nouns, its named queries, and the stores that run them. Knows Neo4j and nothing of sound or HTTP."""
