"""The HTTP doors: the inbox that tools send to, and the JSON views."""
