"""Nagara: a country's digital public infrastructure in one package."""

__version__ = "0.1.0"
