"""The parts of an audit that make things again, or read files outside the store."""
