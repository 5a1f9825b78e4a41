"""A Ray cluster: its workers, what they reserve, waiting for them, their code, commands as Ray Jobs."""
