"""Triage: a small model that reads a patient's wish and says which department sees to it, and how soon."""
