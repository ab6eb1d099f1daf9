"""What holds for every test: one thread, a private home folder, no network beyond this machine."""

import os
import shutil
import socket
import tempfile

import pytest

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # two workers share two cores; torch reads it once

LOOPBACK = ("127.", "localhost", "::1")


class NetworkUsed(AssertionError):
    """A test tried to leave this machine."""


def guarded(real):
    """A socket method that refuses any address that is not of this machine."""

    def call(self, address, *rest):
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise NetworkUsed(
                f"a test tried to reach {address[0]}; the course works offline, so make or ship "
                "the data instead"
            )
        return real(self, address, *rest)

    return call


def pytest_configure(config):
    """Point the student's folder at a fresh one, before any module of the course is imported."""
    config.stash[home_key] = tempfile.mkdtemp(prefix="course-home-")
    os.environ["COURSE_HOME"] = config.stash[home_key]


def pytest_unconfigure(config):
    shutil.rmtree(config.stash[home_key], ignore_errors=True)


home_key = pytest.StashKey[str]()


@pytest.fixture(autouse=True, scope="session")
def offline():
    """Block every socket that leaves the machine, for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        yield
