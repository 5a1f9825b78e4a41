"""The losses a network is trained with, one per file."""
