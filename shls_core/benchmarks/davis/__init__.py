"""The DAVIS benchmark's files: how its videos lie in folders, its masks, its tables of scores."""
