"""Videos of people: files and folders of frames become RGB frames here and nowhere else."""
