"""Maintenance of a store: verification, names, garbage collection, withdrawal, audit."""
