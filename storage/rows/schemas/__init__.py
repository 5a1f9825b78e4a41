"""The columns of every stage, one module each; see `storage.rows.stage_graph` for all of them together."""
