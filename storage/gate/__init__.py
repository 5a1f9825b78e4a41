"""The validation gate: the conditions that a dataset must meet to be published."""
