"""pip's failures, as pip words them, each become one sentence with what to do."""

import sys

import pytest

from course_lib.core.errors import CourseError
from course_lib.project import installer

OFFLINE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip._vendor...
object>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/x/
ERROR: Could not find a version that satisfies the requirement einops (from versions: none)
ERROR: No matching distribution found for einops
"""


@pytest.mark.parametrize(
    "output, expected",
    [
        (OFFLINE, "needs the network"),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", "needs the network"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "became full"),
        ("WARNING: connection broken by 'SSLError(SSLCertVerificationError", "not trusted"),
        ("ERROR: No matching distribution found for torch==2.15.0", "no torch==2.15.0 for this"),
        ("note: x\nERROR: Something new\nhint", "pip could not finish the install (ERROR: Some"),
        ("", "no message"),
    ],
)
def test_causes(output, expected):
    sentence = installer.explain(output)
    assert expected in sentence
    assert "\n" not in sentence and "://" not in sentence


def test_a_failing_pip_raises_its_cause(tmp_path, monkeypatch):
    """A stand-in for pip that fails as a real one does without a network."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / "pip.py").write_text(f"import sys; sys.stderr.write({OFFLINE!r}); sys.exit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(CourseError, match="needs the network"):
        installer.probe(sys.executable, tmp_path)
    assert not (tmp_path / ".venv" / "tmp").exists()


def test_pip_is_bound_by_the_lock_and_unpacks_beside_the_environment(tmp_path, monkeypatch):
    (tmp_path / ".venv").mkdir()
    note = "import os, sys; open(sys.argv[-1].split('[')[0] + '/said', 'w').write(repr(sys.argv)"
    (tmp_path / "pip.py").write_text(note + " + os.environ['TMPDIR'])")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    installer.install(sys.executable, tmp_path, ["packs", "test"])
    said = (tmp_path / "said").read_text()
    assert f"'--constraint', '{tmp_path / 'requirements.lock'}'" in said
    assert f"'{tmp_path}[packs,test]'" in said
    assert said.endswith(str(tmp_path / ".venv" / "tmp"))
