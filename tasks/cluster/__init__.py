"""A Ray cluster: its workers, what they reserve and are given, whether their code fits; jobs of its own."""
