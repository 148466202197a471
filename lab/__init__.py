"""A small real company whose parts are programs that run, break and are recorded."""
