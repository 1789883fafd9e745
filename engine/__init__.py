"""Graftline's engine: the method, from corpus to comparison. It knows no screen."""

__version__ = "0.1.0"
