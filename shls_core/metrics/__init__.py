"""The DAVIS scores: region similarity J, boundary accuracy F, and their statistics."""
