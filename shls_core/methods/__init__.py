"""Methods that learn to segment videos: one folder and one registry entry each."""
