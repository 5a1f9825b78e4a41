"""Benchmarks of video object segmentation: their layouts, their videos, their protocols."""
