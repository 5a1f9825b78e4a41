"""Pages of a dataset and of a checkpoint: what they were made from, how, by whom, and how they were used."""
