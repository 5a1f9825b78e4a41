"""From stages to a dataset: building, previews, samples, replay, comparison."""
