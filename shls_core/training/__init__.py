"""Training: batches in, weights out; no storage, no orchestrator."""
