"""The columns of every stage, a module each; see `storage.rows.stage_graph` for all of them together."""
