"""Videos as people have them: files and folders of frames in, pictures of masks out."""
