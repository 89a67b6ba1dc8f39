"""Zeropoint: model quantization basics, as a course that runs."""
