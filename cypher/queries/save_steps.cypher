// Add steps to a job; those that are there already are left alone.
//
// access:  write
// param:   job    string, its id
// param:   steps  list of maps {id, name, stage, shard, queue, payload: string of JSON}
// returns: nothing
MATCH (job:Job {id: $job})
UNWIND $steps AS given
MERGE (step:Step {id: given.id})
ON CREATE SET step.name = given.name, step.stage = given.stage, step.shard = given.shard, step.queue = given.queue,
              step.payload = given.payload, step.state = 'queued', step.fence = 0, step.attempts = 0, step.deaths = 0,
              step.done = 0, step.furthest = 0, step.unit = '', step.advanced = false
MERGE (job)-[:HAS]->(step)
