"""The four staging stages: which rows each has to make, and how it makes one."""
