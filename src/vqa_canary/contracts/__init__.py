"""What every table promises, checked before it is written and after it is read.

The only importer of great_expectations, and only once something is validated. May import the kernel,
project, and a source's `normalise`.
"""

from vqa_canary.contracts.contract import Contract
from vqa_canary.contracts.failures import ContractError

__all__ = ["Contract", "ContractError"]
