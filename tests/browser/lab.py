"""JupyterLab as the course starts it, driven in chromium as a student would."""

import json
import os
import shutil
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

from course_lib.core import paths
from course_lib.project import lab

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
)
IDLE = "Python 3 (ipykernel) | Idle"
PATIENCE = 120_000  # ms: a limit, not a wait


@dataclass
class Seat:
    """A student's browser: the page, its errors, and every request that left the machine."""

    page: Page
    url: str
    token: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, name: str) -> None:
        """Opens a notebook and returns when its kernel is idle and the page is connected to it.

        "Run All" is lost if it is clicked earlier, and the page says idle before a kernel exists.
        """
        self.page.goto(f"{self.url}/lab/tree/{name}?token={self.token}&reset")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=PATIENCE)
        for _ in range(600):
            kernels = [session["kernel"] for session in self.sessions()]
            if any(k["execution_state"] == "idle" and k["connections"] for k in kernels):
                break
            self.page.wait_for_timeout(100)
        self.until_idle()

    def sessions(self) -> list[dict]:
        """What the server knows of its kernels."""
        request = urllib.request.Request(
            f"{self.url}/api/sessions", headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def until_idle(self) -> None:
        """Returns once the kernel has nothing to do."""
        status = f'#jp-main-statusbar >> text="{IDLE}"'
        self.page.wait_for_selector(status, timeout=PATIENCE)

    def run_all(self, cells: int) -> None:
        """Run → Run All Cells; returns when that many cells have run, in order."""
        self.menu("Run", "Run All Cells")
        last = f'.jp-InputPrompt >> text="[{cells}]:"'
        self.page.wait_for_selector(last, timeout=PATIENCE)
        self.until_idle()

    def menu(self, *path: str) -> None:
        """Clicks through the menu bar."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=path[0]).first.click()
        for name in path[1:]:
            label = f'.lm-Menu-itemLabel >> text="{name}"'
            self.page.locator(label).first.click()

    def run_whole(self, notebook: str) -> None:
        """Opens a notebook of the course and runs all its cells; nothing may stand on red."""
        self.open(Path(notebook).name)
        self.run_all(code_cells(notebook))
        assert self.failures() == []

    def trouble(self) -> list[str]:
        """Errors of the page, and requests to other machines."""
        return [*self.errors, *self.outside]

    def changed(self, picture: str, before: str) -> None:
        """Returns once a picture's source is another than before."""
        self.page.wait_for_function(
            "([s, v]) => { const e = document.querySelector(s); return e && e.src && e.src !== v }",
            arg=[picture, before],
            timeout=PATIENCE,
        )

    def says(self, where: str, text: str) -> None:
        """Returns once a spoken line inside `where` holds the text."""
        self.page.locator(f'{where} [role="status"]', has_text=text).first.wait_for(
            timeout=PATIENCE
        )

    def press(self, where: str, text: str, key: str = "Enter") -> None:
        """Presses a button by keyboard."""
        self.page.locator(f"{where} button", has_text=text).first.focus()
        self.page.keyboard.press(key)

    def failures(self) -> list[str]:
        """What stands on red: errors and stderr of cells."""
        kinds = ("stderr", "error")
        red = ", ".join(f'[data-mime-type="application/vnd.jupyter.{kind}"]' for kind in kinds)
        return self.page.locator(red).all_inner_texts()

    def dark(self) -> None:
        """Settings → Theme → JupyterLab Dark."""
        self.menu("Settings", "Theme", "JupyterLab Dark")
        self.page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def shoot(self, name: str) -> None:
        """A picture of the whole page, where $COURSE_SCREENSHOTS asks for it."""
        if folder := os.environ.get("COURSE_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@contextmanager
def seat(work: Path, height: int):
    """A `Seat` at a server that runs in `work`. height: of the page, in px, all of it drawn."""
    port, token = lab.free_port(0), "browser-test"
    server = lab.launch(work, port, token, "/lab")
    try:
        lab.wait(server, port, token)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": height})
            it = Seat(page, f"http://127.0.0.1:{port}", token)
            page.on("pageerror", lambda error: it.errors.append(str(error)))
            page.on("request", lambda request: note(it, request.url))
            page.on("websocket", lambda socket: note(it, socket.url))
            yield it
            browser.close()
    finally:
        lab.stop(server)


def note(it: Seat, url: str) -> None:
    """Remembers a request to any other machine than this one."""
    here = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
    if not url.startswith(here):
        it.outside.append(url)


def chromium() -> str:
    """The browser: Debian's, or another chromium or chrome on the path."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = [path for name in names if (path := shutil.which(name))]
    assert found, "no chromium on the path: install it, or leave these tests out: -m 'not browser'"
    return found[0]


def code_cells(notebook: str) -> int:
    """How many code cells a notebook of the course has; its path is relative to the checkout."""
    cells = nbformat.read(paths.root() / notebook, 4).cells
    return sum(cell.cell_type == "code" for cell in cells)


def prepare(monkeypatch, folder: Path, *notebooks: str) -> Path:
    """A student's folder with some notebooks in it, and a home that holds no settings."""
    root = paths.root()
    work = folder / "work"
    work.mkdir(parents=True)
    for notebook in notebooks:
        shutil.copy(root / notebook, work)
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("COURSE_HOME", str(folder / "course"))
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    places = [str(root), os.environ.get("PYTHONPATH")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))
    return work
