"""Users' videos: reads files and folders of frames, writes pictures of masks."""
