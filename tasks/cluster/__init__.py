"""A Ray cluster: what workers reserve, waiting for them, the code it is given, commands as Ray Jobs."""
