// Show on the concepts what was measured of them in a version.
//
// access:  write
// param:   key  string of the version
// returns: nothing
MATCH (concept:Concept)-[measured:ASSESSED]->(hierarchy:Hierarchy {key: $key})
SET concept.status = measured.status, concept.reason = measured.reason, concept.auc = measured.auc,
    concept.auc_low = measured.auc_low, concept.auc_high = measured.auc_high, concept.accuracy = measured.accuracy,
    concept.average_precision = measured.average_precision, concept.p_value = measured.p_value,
    concept.bias = measured.bias, concept.flagged = measured.flagged,
    concept.betweenness = measured.betweenness, concept.depth = measured.depth,
    concept.below_root = measured.below_root, concept.assessed_in = hierarchy.version
