"""Trees that tests publish, and what readers and plain Cypher see of them."""

from dataclasses import replace


def chain(ids):
    return dict(zip(ids, [None, *ids], strict=False))


def star(ids):
    return {ids[0]: None, **dict.fromkeys(ids[1:], ids[0])}


def rebuild(bench, ids, parents, similar=None, **how):
    """A whole rebuild with similarities; how: held, seed."""
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    if similar is not None:
        bench.stage(lease, staging, ids, similar)
    publication = replace(bench.publication(staging, parents), **how)
    made = bench.graph.hierarchy.publish(lease, publication)
    bench.graph.hierarchy.sweep(bench.collection, lease)
    bench.graph.ledger.finish(lease, {"version": made.version})
    return made


def drawn(bench, kind="PARENT_OF"):
    rows = bench.cypher(
        f"MATCH (p)-[r:{kind}]->(c)-[:IN]->(:Collection {{id: $collection}}) RETURN c.id AS child, p.id AS parent"
    )
    return {(row["child"], row["parent"]) for row in rows}


def shown(bench, version=None):
    """(child, parent) of a tree as readers get it."""
    _, _, edges = bench.graph.hierarchy.tree(bench.collection, version)
    return {edge.child: edge.parent for edge in edges}


def similar(bench, concept, version=None):
    return {one.id: one.outgoing for one in bench.graph.hierarchy.neighbours(concept, 100, version) if one.outgoing}
