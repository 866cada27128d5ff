"""Training the reader: see README.md."""
