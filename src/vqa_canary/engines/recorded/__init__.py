"""Evidence that somebody already has: from rows of a file to rows of `evidence`."""
