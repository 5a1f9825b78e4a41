"""What `shls status` shows: running jobs, what is scheduled, whether the newest datasets are fresh."""
