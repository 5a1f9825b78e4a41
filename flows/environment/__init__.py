"""What a command prepares before it imports libraries: proxies, home, standard streams."""
