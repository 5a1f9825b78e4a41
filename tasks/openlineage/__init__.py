"""What is told of runs to others, as events of the OpenLineage standard."""
