"""Frozen records, ports and errors that every room shares; imports nothing of ours."""
