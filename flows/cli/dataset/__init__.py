"""`shls dataset`: builds and inspects datasets, maintains the store."""
