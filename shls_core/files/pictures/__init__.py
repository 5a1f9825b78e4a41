"""Pictures as files: which formats are read, how their bytes become pixels, at which size."""
