"""The JSON Schema of a pack's files, for editors, generated from the live catalogue."""
