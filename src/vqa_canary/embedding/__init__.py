"""From the text of a sampled answer to a vector of unit length: what `sample_embeddings` of the evidence are made of.

The embedder is a sentence-transformers model, read by transformers alone; torch is imported when a text is embedded.
"""
