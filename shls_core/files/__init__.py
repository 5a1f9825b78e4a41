"""Files of people: bytes become pictures, masks and videos here and nowhere else; files are written whole."""
