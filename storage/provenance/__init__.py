"""The code, the packages and the machine that made something."""
