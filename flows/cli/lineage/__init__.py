"""`shls lineage`: what made a thing, and what a photograph went into."""
