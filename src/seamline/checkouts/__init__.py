"""Repositories as they are on disk, and as git kept them."""
