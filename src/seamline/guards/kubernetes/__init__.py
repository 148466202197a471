"""Rules over Kubernetes objects. Each is asked with everything at once: most of what breaks lies between two objects."""
