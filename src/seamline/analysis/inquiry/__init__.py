"""Who is guilty of one alert, from all that was measured around it: series, calls, changes, log lines and spans.

Evidence of several kinds, each a pure function of the case, enters one posterior as log-odds.
"""
