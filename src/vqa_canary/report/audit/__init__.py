"""The audit's page, made from its record: words, figures and tables."""
