"""A folder of photographs as people have it: which files become rows, their notes, what is left out."""
