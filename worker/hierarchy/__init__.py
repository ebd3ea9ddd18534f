"""From similarity and an order of concepts to a tree; pure numpy, knows nothing of sound or of the graph."""
