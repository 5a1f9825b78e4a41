"""Storage: content-addressed objects, Parquet shards, manifests, the ledger, the gate, the loader."""
