"""`transformers serve` on the CPU; it asks for accelerate to place weights, and here there is nothing to place."""

from __future__ import annotations

from transformers.cli.serving.model_manager import ModelManager
from transformers.cli.transformers import main

ModelManager.device = property(lambda self: None, lambda self, value: None)

if __name__ == "__main__":
    main()
