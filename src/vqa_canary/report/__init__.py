"""The page that says what a study found: figures, tables, words."""
