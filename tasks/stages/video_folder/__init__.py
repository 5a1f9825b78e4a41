"""A folder of videos as people have it: which films and folders of frames become rows, what is left out."""
