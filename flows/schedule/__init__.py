"""The project on a schedule: deployed flows, the events that chain them, healing and notifications."""
