"""JupyterLab on this machine only, at the student's copies, with nothing that asks the network."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.project import workspace

HOST = "127.0.0.1"
START = "00_start.ipynb"
NBGRADER = ("assignment_list", "course_list", "formgrader", "validate_assignment")
# JupyterLab would ask about news, look for updates and offer extensions from the network.
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}
DISABLED = {"disabledExtensions": {"@jupyter/nbgrader": True}}


def start(port: int | None = None, browser: bool = True) -> int:
    """Copy what is new, start the server, print its address, wait for its end → exit code.

    Errors: CourseError without a checkout, for a taken port, or when the server does not come up.
    """
    root = paths.root()
    if root is None:
        raise CourseError("The notebooks are in the course's folder: run this command there.")
    work = root / "work"
    for sentence in workspace.refresh(root, work):
        print(sentence)
    port, token = free_port(port), secrets.token_urlsafe(24)
    first = f"/lab/tree/{START}" if (work / START).exists() else "/lab"
    print("Starting JupyterLab.", flush=True)
    server = launch(work, port, token, first)
    try:
        wait(server, port, token)
        announce(f"http://{HOST}:{port}{first}?token={token}", browser)
        return server.wait()
    except KeyboardInterrupt:
        print("\nStopping; your notebooks are in work/.", flush=True)
        return 0
    finally:
        stop(server)


def free_port(wanted: int | None) -> int:
    """The wanted port if it is free, else the first free one from 8888."""
    for port in [wanted] if wanted is not None else range(8888, 8988):
        with socket.socket() as probe:
            if os.name != "nt":  # elsewhere this option would let two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return probe.getsockname()[1]
            except (OSError, OverflowError):
                continue
    taken = f"Port {wanted} is" if wanted is not None else "The ports 8888 to 8987 are"
    raise CourseError(f"{taken} not free: choose another with `--port`, or 0 for any.")


def launch(work: Path, port: int, token: str, first: str) -> subprocess.Popen:
    """The server as a process of its own, settled in `work/.lab`."""
    settings = work / ".lab" / "settings"
    write_whole(settings / "overrides.json", json.dumps(OVERRIDES).encode())
    write_whole(settings / "page_config.json", json.dumps(DISABLED).encode())
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [
        "--Application.log_level=ERROR",
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={work}",
        "--ServerApp.allow_remote_access=False",
        "--ServerApp.answer_yes=True",
        f"--LabApp.default_url={first}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        f"--LabApp.app_settings_dir={settings}",
        f"--LabApp.user_settings_dir={work / '.lab' / 'user'}",
        f"--LabApp.workspaces_dir={work / '.lab' / 'workspaces'}",
    ]
    for name in NBGRADER:
        module = f"nbgrader.server_extensions.{name}"
        command.append(f"--ServerApp.jpserver_extensions={module}=False")
    env = os.environ | {"JUPYTER_TOKEN": token}  # not an argument: other users can read those
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(command, cwd=work, env=env, creationflags=flags)
    return subprocess.Popen(command, cwd=work, env=env, start_new_session=True)


def wait(server: subprocess.Popen, port: int, token: str, seconds: float = 120) -> None:
    """Return once the server answers. Errors: CourseError when it ended or never does."""
    address = f"http://{HOST}:{port}/api/status"
    request = urllib.request.Request(address, headers={"Authorization": f"token {token}"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            raise CourseError(
                f"JupyterLab ended at once (code {server.returncode}); what it printed is above, "
                "and `course doctor` looks for the cause."
            )
        try:
            with direct.open(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CourseError(f"JupyterLab did not answer within {seconds:.0f} s: try again.")


def announce(url: str, browser: bool) -> None:
    """Say where the course is open, and open it."""
    bar = "-" * len(url)
    print(f"\n{bar}\nThe course is open at\n{url}\nCtrl-C ends it.\n{bar}", flush=True)
    if browser:
        webbrowser.open(url)


def stop(server: subprocess.Popen) -> None:
    """End the server and its kernels; ask first, insist after ten seconds."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def stop_on_terminate() -> None:
    """Treat a polite kill like Ctrl-C, so that the server never outlives the command."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
