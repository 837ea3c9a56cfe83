"""Every table of the report as a `Sheet`, one module a subject."""
