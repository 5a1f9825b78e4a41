"""Keeping a store in order: verification, names, garbage collection, withdrawal, audit."""
