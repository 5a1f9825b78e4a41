"""Events about runs, in the OpenLineage standard."""
