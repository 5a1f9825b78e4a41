"""The `shls` command: options in, a flow run, a table or one JSON object out."""
