"""Flows: compositions that read top-down as the data flow, and the `shls` command."""
