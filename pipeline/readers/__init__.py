"""One part → one document: one file a format, one ordered tuple of readers."""
