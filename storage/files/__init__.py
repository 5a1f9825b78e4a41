"""The files of a store: their location, reading, writing and removal, and the marks of running jobs."""
