"""Training runs: what is learned, how a run is logged, validated, interrupted and resumed."""
