"""Real servers as child processes of one machine: Neo4j with GDS, Redis, workers, the API. No Docker, no system Java.

control ──► supervisor ──► guard ──► neo4j | redis | worker-gpu | worker-cpu | api
   │            │
   │            └── roster: what each process is called, how it is started, after whom
   ├── credentials: generated secrets, `<home>/stack.env`
   ├── jars: Neo4j, GDS and the Browser by coordinates, verified by hash
   ├── neo4j_server, redis_server: configuration and command line
   └── questions: a real question for each process, asked before it is called ready
"""
