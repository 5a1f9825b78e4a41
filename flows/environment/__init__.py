"""What a command prepares before it imports libraries: a home that works, standard streams."""
