"""One file for each kind of thing that VQA Canary can be extended by."""
