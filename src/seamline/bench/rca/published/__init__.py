"""Data sets of others as they published them, so that anybody can compare. A module a layout.

Each tells the place of its alert and the end of its window by the injection that it knows of, by the same seconds in
every case; the start of the fault itself is not handed on. No figure is claimed for what nobody ran.
"""
