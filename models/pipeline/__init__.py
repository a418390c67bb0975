"""The parts of the depth pipeline."""
