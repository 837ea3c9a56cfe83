"""VQA Canary: which answers of a clinical vision-language model can be trusted, and which
will collapse when the right option is no longer on the list."""

__version__ = "0.1.0"
