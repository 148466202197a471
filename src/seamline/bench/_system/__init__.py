"""Simulated systems that break: services that call each other, with what people do to them and what is measured.

A test-bed for finding causes where the truth must be known, and a source of systems nobody has seen. Requests flow
down the calls, slowness and failures flow up, load falls on whoever answers; noise of many kinds lies on all of it.
Everything is a function of a seed.
"""
