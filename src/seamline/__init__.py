"""Seamline: one log, one map, one name for development, platform, support and data."""

__version__ = "0.1.0"
