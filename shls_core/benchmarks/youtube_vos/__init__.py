"""The YouTube-VOS benchmark's files: its folders of videos, and the frames whose masks it wants."""
