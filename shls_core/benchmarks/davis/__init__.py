"""The DAVIS benchmark's files: its folders of videos, its masks, its tables of scores."""
