"""How a command ends: its exit code, and one line for whatever went wrong."""

import errno
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any

from seamline.model.errors import SeamlineError
from seamline.terminal.plain import plain

USAGE, HOLD, UNKNOWN, DEFECT = 2, 3, 4, 70
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(program: Callable[..., Any], arguments: list[str]) -> int:
    """The exit code of a program for these arguments. SEAMLINE_DEBUG=1 adds the traceback to an error's line."""
    try:
        program(arguments, prog_name="seamline")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except SeamlineError as error:
        tell(f"error: {one_line(error)}")
        trace_if_asked()
        return USAGE
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _defect(error)
        tell(f"error: what is told can't be written ({error.strerror}; make room, or write it elsewhere)")
        return USAGE
    except Exception as error:  # noqa: BLE001  a door: people get one line, never a traceback
        return _defect(error)
    return 0


def _defect(error: Exception) -> int:
    tell(f"error: {type(error).__name__}: {one_line(error)} (a defect: SEAMLINE_DEBUG=1 shows where)")
    trace_if_asked()
    return DEFECT


def print_what_can_be_printed() -> None:
    """Let a terminal that lacks a character show a question mark, rather than end with an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def one_line(error: Exception) -> str:
    """What and where, and the mend in brackets."""
    return said(str(error) or type(error).__name__, getattr(error, "hint", ""))


def said(what: str, hint: str) -> str:
    """What went wrong on one line, and the mend in brackets."""
    text = " ".join(what.split())
    return plain(f"{text} ({hint})" if hint else text)


def tell(text: str) -> None:
    """One line on stderr, where it doesn't mix with results."""
    print(text, file=sys.stderr)


def trace_if_asked() -> None:
    """The traceback of the error at hand, for who looks for a defect."""
    if os.environ.get("SEAMLINE_DEBUG") == "1":
        from traceback import print_exc

        print_exc()
