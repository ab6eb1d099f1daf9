"""What the tests need beyond Python packages: a browser, a font in it, a sandbox."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def found(*names: str) -> str | None:
    """The path of the first of these programs that is installed."""
    return next(filter(None, map(shutil.which, names)), None)


def has_browser() -> bool:
    return found(*BROWSERS) is not None


def has_font() -> bool:
    """Whether pages can show text; Windows and macOS always can."""
    if not sys.platform.startswith("linux"):
        return True
    listing = found("fc-list")
    return bool(listing and subprocess.run([listing], capture_output=True).stdout.strip())


@dataclass(frozen=True)
class Tool:
    """what: in words. package: Debian's. there: whether this machine has it."""

    what: str
    packages: tuple[str, ...]
    there: Callable[[], bool]


TOOLS = {
    "browser": Tool(
        "chromium with a font",
        ("chromium", "fonts-dejavu-core", "fontconfig"),
        lambda: has_browser() and has_font(),
    ),
    "sandbox": Tool("bubblewrap", ("bubblewrap",), lambda: found("bwrap") is not None),
}


def missing() -> list[str]:
    """The pytest markers whose tests cannot run here."""
    return [marker for marker, tool in TOOLS.items() if not tool.there()]


def command(packages: list[str]) -> list[str]:
    """apt-get's words for these packages, without questions or anything beyond them."""
    return ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]


def privilege() -> list[str] | None:
    """What to put before a command that needs root: nothing, sudo, or None if neither works."""
    if not hasattr(os, "geteuid"):
        return None
    if os.geteuid() == 0:
        return []
    if found("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        return ["sudo", "-n"]
    return None


def provide() -> list[str]:
    """Install what is missing where apt-get is allowed → the markers still without their tool."""
    lacking = missing()
    prefix = privilege()
    if lacking and found("apt-get") and prefix is not None:
        packages = [name for marker in lacking for name in TOOLS[marker].packages]
        print(f"Installing {', '.join(packages)}.", flush=True)
        quiet = partial(subprocess.run, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
        quiet([*prefix, "apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        quiet([*prefix, *command(packages)], stdout=subprocess.DEVNULL)
    return missing()


def advice() -> str:
    """The one line to run where this command may not install."""
    lacking = [TOOLS[marker] for marker in missing()]
    if found("apt-get"):
        packages = [name for tool in lacking for name in tool.packages]
        return "To include them: sudo " + " ".join(command(packages))
    return "To include them, install " + " and ".join(tool.what for tool in lacking) + "."
