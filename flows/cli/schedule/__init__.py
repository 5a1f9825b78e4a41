"""`shls schedule apply`, `show`."""
