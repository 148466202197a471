"""Measurements of an installation, as ratios where ratios are what holds elsewhere. Each module has one `run`."""
