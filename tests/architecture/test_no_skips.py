"""In CI a skipped test is a failed one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[1] / "plugins"
CASES = {
    "a mark": ("import pytest\n@pytest.mark.skip(reason='no postgres')\ndef test(): ...\n", 1),
    "a call": ("import pytest\ndef test():\n    pytest.skip('no postgres')\n", 1),
    "a fixture": ("import pytest\n@pytest.fixture\ndef f():\n    pytest.skip('x')\ndef test(f): ...\n", 1),
    "a module": ("import pytest\npytest.skip('no postgres', allow_module_level=True)\n", 2),
    "an expected failure": ("import pytest\n@pytest.mark.xfail\ndef test():\n    assert False\n", 0),
    "a test that runs": ("def test(): ...\n", 0),
}


@pytest.mark.parametrize("case", CASES)
def test_a_skip_fails_in_ci(case: str, tmp_path: Path) -> None:
    """Skips of every kind fail with the plugin and only with it; an expected failure is none."""
    text, code = CASES[case]
    (tmp_path / "test_case.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no_skips",
        "-c",
        os.devnull,
        "--rootdir",
        str(tmp_path),
    ]
    env = {**os.environ, "PYTHONPATH": str(PLUGINS)}
    done = subprocess.run(
        [*command, str(tmp_path)], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout
