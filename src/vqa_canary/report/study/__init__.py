"""The page about a whole study: figures, tables and words."""
