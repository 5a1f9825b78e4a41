"""Drawing first masks in a browser: a page on loopback, what it serves, where masks are saved."""
