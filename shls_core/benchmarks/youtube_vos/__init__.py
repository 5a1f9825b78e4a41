"""The YouTube-VOS benchmark's files: how its videos lie in folders, and which frames it wants back."""
