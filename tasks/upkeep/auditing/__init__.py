"""The parts of an audit that make things again, or read what lies outside the store."""
