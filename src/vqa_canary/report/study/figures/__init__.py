"""Every figure of the report, one module a subject."""
