"""Tensors of four shapes: two-sided, after a ReLU, far from 0, and tiny."""

from __future__ import annotations

import numpy as np

GENERATOR = np.random.default_rng(0)
TENSORS = {
    "Gaussian": GENERATOR.normal(size=(30, 40)).astype(np.float32),
    "ReLU output": np.maximum(GENERATOR.laplace(size=2000), 0).astype(np.float32),
    "shifted": GENERATOR.normal(5, 1, 500).astype(np.float32),
    "tiny": (1e-6 * GENERATOR.laplace(size=700)).astype(np.float32),
}
