"""Synthetic fundus photographs with true lesion masks: the sample project and the demo model's images."""

from training.synthetic.generator import SyntheticError, SyntheticFundus, generate
from training.synthetic.writing import fundus_schema, write_dataset

__all__ = ["SyntheticError", "SyntheticFundus", "fundus_schema", "generate", "write_dataset"]
