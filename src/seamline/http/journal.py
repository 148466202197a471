"""What the server writes to stderr: places and kinds of failures, never the text of a body or a secret."""

import logging
import traceback


def place(error: BaseException) -> str:
    """The error's kind and where it happened. Its own text is left out: that may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"{type(error).__name__} at {where}"


def log_to_stderr() -> None:
    """Show the package's own messages, once, unless somebody else took care of them."""
    logger = logging.getLogger("seamline")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
        logger.addHandler(handler)
