"""Canonical-JSON records, named by their digests: manifests, checkpoints, scores, tombstones."""
