"""Online adaptation: a small network learns one video from its propagated masks and makes them again."""
