"""Evidence engines: everything that asks a model. The only importer of torch and transformers."""
