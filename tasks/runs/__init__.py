"""Runs as users see them: their entry in the ledger, their outcome, where they execute, progress."""
