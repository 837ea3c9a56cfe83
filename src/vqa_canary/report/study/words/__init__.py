"""The three claims in words, made from the tables: what was found, how sure, and by how many methods."""
