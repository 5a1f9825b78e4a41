"""The validation gate: what a dataset must look like to be published."""
