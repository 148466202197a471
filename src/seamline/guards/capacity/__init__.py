"""Rules over joint limits: what one side may grow to, and what the other side takes. Over all kinds of artefact."""
