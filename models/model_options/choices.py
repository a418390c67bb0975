"""Values that options of several models can have. The table behind each name needs torch, and torch loads slowly."""

NORMS = ("instance", "batch", "none")  # models/networks/normalisation.py
INITS = ("normal", "xavier", "kaiming", "orthogonal")  # models/networks/initialisation.py
