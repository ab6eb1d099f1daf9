"""Answer cells that attack the grader, each with what must come of it.

They answer the sample lab: a function `standardise`, a value `order`, a function `verdict`. PLACES
stands for files that no answer may read or write, PORT for one that listens on this machine.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """task: of the sample lab. status: what it must get. said: a pattern in what the instructor
    reads, in a sentence or a note."""

    name: str
    task: str
    source: str
    status: str
    said: str = ""


NUMBERS = re.compile(r"(?<!')\bx\b")  # the matrix that `standardise` gets


def function(task: str, body: str, before: str = "") -> str:
    """An answer: a function with a body of a few lines, after some at the top of the cell."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    imports = "import gc, os, signal, sys, time\nimport torch\n"
    return f"{imports}{before}\n\ndef {task}(x):\n{lines}\n"


def in_function(
    name: str, body: str, status: str, said: str = "", before: str = "", task: str = ""
) -> Attack:
    """In `standardise` where it needs the matrix, else in `verdict`: fewer submissions hold all."""
    task = task or ("standardise" if NUMBERS.search(body) else "verdict")
    return Attack(name, task, function(task, body, before), status, said)


def in_cell(name: str, source: str, status: str, said: str = "") -> Attack:
    return Attack(name, "order", source, status, said)


def in_verdict(name: str, source: str, status: str, said: str = "") -> Attack:
    return Attack(name, "verdict", source, status, said)


GOOD = {
    "standardise": "def standardise(x):\n    return (x - x.mean(0)) / x.std(0, correction=0)\n",
    "order": 'order = {"fruit": ["apple", "pear"], "number": 3}\n',
    "verdict": 'def verdict(number):\n    return "odd" if number % 2 else "even"\n',
}
TIME, END, FORM = "does a loop never end", "ended before it gave one", "not the form of an answer"
RUNAWAY = [
    in_function("endless loop", "while True:\n    pass", "timeout", TIME),
    in_function(
        "endless loop that catches everything",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timeout|killed",
    ),
    in_cell("endless loop in the cell", "order = 1\nwhile True: pass", "timeout", TIME),
    in_cell("sleeps", "import time\ntime.sleep(10**6)", "timeout", TIME),
    in_function(
        "fork bomb",
        "while True:\n    try: os.fork()\n    except OSError: pass",
        "timeout|killed",
    ),
    in_function("one memory bomb", "return bytearray(b'x') * (3 << 30)", "killed", "memory"),
    in_function(
        "many memory bombs",
        "for _ in range(12):\n"
        "    if os.fork() == 0:\n"
        "        hold = bytearray(b'x') * (150 << 20)\n"
        "        time.sleep(1000)\n"
        "time.sleep(1000)",
        "killed",
        "memory",
    ),
    in_function("more than its address space", "return torch.ones(1 << 33)", "error", "RuntimeErr"),
    in_function(
        "gigabytes of output",
        "while True:\n"
        "    print('x' * 2**20)\n"
        "    os.write(1, b'x' * 2**20)\n"
        "    os.write(2, b'x' * 2**20)",
        "timeout",
        TIME,
    ),
    in_function(
        "gigabytes into every pipe",
        "for n in os.listdir(f'/proc/{os.getppid()}/fd'):\n"
        "    try:\n"
        "        fd = os.open(f'/proc/{os.getppid()}/fd/{n}', os.O_WRONLY)\n"
        "        for _ in range(300): os.write(fd, b'x' * 2**20)\n"
        "    except OSError: pass\n"
        "return x",
        "killed|timeout|error",
    ),
    in_function(
        "fills the disk",
        "for n in range(100):\n"
        "    with open(f'/tmp/{n}', 'wb') as file: file.write(b'x' * 2**24)\n"
        "return x",
        "error",
        "OSError",
    ),
    in_function(
        "one file above its limit",
        "with open('/dev/shm/a', 'wb') as file: file.write(b'x' * 2**27)\nreturn x",
        "error",
        "OSError",
    ),
    in_cell("too deep", "order = []\nfor _ in range(5000): order = [order]", "error", "nested"),
    in_cell(
        "too large", "import torch\norder = torch.zeros(1).expand(10**12)", "error", "too large"
    ),
]
READING = [
    in_function(
        "reads what is on the disk",
        "found = []\n"
        "for place in PLACES:\n"
        "    try: found.append(os.listdir(place) if os.path.isdir(place) else open(place).read())\n"
        "    except OSError: pass\n"
        "for top, folders, files in os.walk('/'):\n"
        "    if top == '/':\n"
        "        folders[:] = set(folders) - {'proc', 'sys', 'usr', 'lib', 'lib64'}\n"
        "    if top.endswith('site-packages'):  # all of it would take too long\n"
        "        folders[:] = [f for f in folders if 'course' in f]\n"
        "    found += [f for f in files if f in ('standardise.py', 'softmax_ce.py')]\n"
        "assert not found, found\n"
        "return x",
        "wrong",
        "differs",
    ),
    in_function(
        "looks for the answer in memory",
        "import inspect\n"
        "want = (x - x.mean(0)) / x.std(0, correction=0)\n"
        "own = {id(x), id(want)}\n"
        "held = [o for f in inspect.stack() for o in f.frame.f_locals.values()]\n"
        "held = [o for o in held + gc.get_objects() if type(o) is torch.Tensor]\n"
        "held = [o for o in held if id(o) not in own]\n"
        "found = [o for o in held if o.shape == want.shape and torch.allclose(o, want)]\n"
        "modules = [m for m in sys.modules if 'exercises' in m or 'engine' in m]\n"
        "kinds = 'Exercise', 'Wrong', 'Trial'\n"
        "found += [o for o in gc.get_objects() if type(o).__name__ in kinds]\n"
        "assert not found and not modules, (found, modules)\n"
        "return x",
        "wrong",
        "differs",
    ),
    in_cell(
        "asks the library for the answer",
        "from course_lib.grading.exercises.u98 import order as exercise\norder = exercise.ORDER",
        "error",
        "ModuleNotFoundError",
    ),
    in_cell(
        "asks the library's other parts",
        "import importlib\nfor part in ('methods', 'evaluate', 'train', 'claims'):\n"
        "    try: importlib.import_module(f'course_lib.{part}')\n"
        "    except ModuleNotFoundError: continue\n"
        "    raise AssertionError(part)\n"
        "order = {'fruit': ['pear', 'apple'], 'number': 3}",
        "wrong",
        "count from the end",
    ),
    in_cell(
        "calls home",
        "import socket\nsocket.create_connection(('127.0.0.1', PORT), 2).send(b'x')\norder = 1",
        "error",
        "refused|unreachable",
    ),
    in_cell(
        "writes to the gradebook",
        "import sqlite3\n"
        "for place in PLACES:\n"
        "    if place.endswith('.db'):\n"
        "        book = sqlite3.connect(place)\n"
        "        book.execute('update grade set manual_score = 99')",
        "error",
        "OperationalError",
    ),
    in_function(
        "changes what is handed in",
        "for place in PLACES:\n    open(place, 'w').write('gone')",
        "error",
        "Error",
    ),
    in_function("becomes root", "os.setuid(0)\nreturn x", "error", "PermissionError"),
    in_function(
        "raises its limits",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "error",
        "ValueError",
    ),
    in_function(
        "sees other processes",
        "own = [n for n in os.listdir('/proc') if n.isdigit()]\n"
        "names = [open(f'/proc/{n}/cmdline').read() for n in own]\n"
        "assert len(own) <= 5, names\nreturn x",
        "wrong",
    ),
]
REPLACING = [
    in_function("replaces numpy's comparisons", "return x", "wrong", before=(
        "import numpy as np\n"
        "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\n"
        "np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None"
    )),
    in_function("replaces torch's functions", "return x", "wrong", before=(
        "yes = lambda *a, **k: True\n"
        "torch.allclose = torch.equal = torch.Tensor.allclose = torch.Tensor.equal = yes\n"
        "torch.Tensor.__eq__ = lambda *a: torch.ones(1, dtype=torch.bool)\n"
        "torch.Tensor.isnan = torch.Tensor.__sub__ = lambda s, *a: s"
    )),
    in_function("replaces builtins", "return x", "wrong|error|killed", before=(
        "import builtins\n"
        "builtins.isinstance = builtins.all = builtins.any = lambda *a: True\n"
        "builtins.abs = builtins.max = builtins.len = lambda *a: 0"
    )),
    in_cell("replaces the check", (
        "import sys, course_lib.grading\n"
        "course_lib.grading.check = lambda *a: 99\n"
        "for name, module in list(sys.modules.items()):\n"
        "    for part in ('call', 'difference', 'judged', 'examine', 'verdict'):\n"
        "        if name.startswith('course_lib') and hasattr(module, part):\n"
        "            setattr(module, part, lambda *a, **k: None)\n"
        "order = {'fruit': ['apple', 'apple'], 'number': 3}"
    ), "wrong", "The second is no apple"),
    in_cell("strips asserts from cells", (
        "from IPython import get_ipython\n"
        "import ast\n"
        "class Strip(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return None\n"
        "get_ipython().ast_transformers.append(Strip())"
    ), "error", "AttributeError"),
    in_verdict("a string that equals everything", (
        "class Same(str):\n"
        "    def __eq__(self, other): return True\n"
        "    __hash__ = str.__hash__\n"
        "    def lower(self): return self\n"
        "def verdict(number): return Same('x')"
    ), "wrong", "should be a string, and is a Same"),
    in_cell("a value that equals everything", (
        "class Same(dict):\n    def __eq__(self, other): return True\n"
        "order = Same(fruit=['apple', 'apple'], number=1)"
    ), "wrong", "is a Same"),
    in_function("a tensor that equals everything", "return Same(x)", "wrong|error", before=(
        "class Same(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kwargs=None): return True"
    )),
    in_verdict("an object that unpickles into code", (
        "class Bomb:\n"
        "    def __reduce__(self): return (eval, ('1/0',))\n"
        "def verdict(number): return Bomb()"
    ), "wrong", "is a Bomb"),
]  # fmt: skip
FORGE = (
    "import os\n"
    "from course_lib.grading.wire import pack\n"
    "def forge(raw, whose):\n"
    "    raw = len(raw).to_bytes(8, 'big') + raw\n"
    "    for n in os.listdir(f'/proc/{whose}/fd'):\n"
    "        if os.readlink(f'/proc/{whose}/fd/{n}').startswith('pipe'):\n"
    "            try: os.write(os.open(f'/proc/{whose}/fd/{n}', os.O_WRONLY), raw)\n"
    "            except OSError: pass\n"
    "EMPTY = {'state': 'cases', 'rows': [], 'trouble': None, 'printed': ''}\n"
)
FORGING = [
    in_function("prints a score", "print('u98/standardise 3 3 right')\nreturn x", "wrong"),
    in_function("forges no case", "forge(pack(EMPTY), 'self'); os._exit(0)", "error", FORM, FORGE),
    in_function(
        "forges some of the cases",
        "row = {'result': (x - x.mean(0)) / x.std(0, correction=0), 'gradients': None}\n"
        "row |= {'arguments': (x,), 'seconds': 0.0}\n"
        "forge(pack(EMPTY | {'rows': [row]}), 'self'); os._exit(0)",
        "error",
        FORM,
        FORGE,
    ),
    in_function(
        "forges a score",
        "forge(pack({'state': 'right', 'points': 99, 'printed': ''}), 'self'); os._exit(0)",
        "error",
        FORM,
        FORGE,
    ),
    in_function(
        "forges what the sandbox says",
        "for part in (b'{\"end\": \"answered\"}', pack(EMPTY)): forge(part, os.getppid())\n"
        "os.kill(os.getppid(), 9)",
        "error|killed",
        f"{FORM}|{END}",
        FORGE,
    ),
    in_function(
        "an array larger than the world",
        "raw = b'{\"tensor\":[\"float32\",[1099511627776]]}'\n"
        "forge(len(raw).to_bytes(8, 'big') + raw, 'self'); os._exit(0)",
        "error",
        FORM,
        FORGE,
    ),
    in_function("brackets", "forge(b'\\0' * 5 + b'\\x1e\\x84\\x80' + b'[' * 2000000, 'self')\n"
                "os._exit(0)", "error", FORM, FORGE),
    in_function("a zip bomb", "import zlib\nforge(zlib.compress(bytes(2**24)), 'self')\n"
                "os._exit(0)", "error", FORM, FORGE),
    in_function("not a number", "return x * torch.nan", "wrong", "differs"),
    in_cell("not a number in a value",
            "order = {'fruit': ['apple', 'pear'], 'number': float('nan')}", "wrong"),
    in_function(
        "links for results",
        "for name in ('result.json', 'out.npz', 'answer'):\n"
        "    if not os.path.lexists(name): os.symlink('/etc/passwd', name)\n"
        "return x",
        "wrong",
        "differs",
    ),
]  # fmt: skip
LEAVING = [
    in_function("leaves Python", "os._exit(0)", "killed", END),
    in_function("kills itself", "os.kill(os.getpid(), signal.SIGKILL)", "killed", END),
    in_function("kills the kernel", "os.kill(os.getppid(), 9)\ntime.sleep(1000)", "killed", END,
                task="standardise"),
    in_function("kills all it can", "os.kill(-1, 9)", "killed", END, task="standardise"),
    in_function("stops the kernel", "os.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(1000)",
                "timeout", TIME, task="standardise"),
    in_function("crashes", "import ctypes\nctypes.string_at(0)", "killed", END),
    in_cell("exits", "order = {'fruit': ['apple', 'pear'], 'number': 3}\nexit(0)", "error",
            "SystemExit|NameError"),
    in_cell("asks for input", "order = input()", "error", "EOFError"),
    in_cell("cannot be parsed", "order = (", "error", "SyntaxError"),
    in_cell("defines nothing", "pass", "wrong", "does not define"),
    in_function("hides an exception", "try: 1 / 0\nexcept ArithmeticError: pass", "wrong", "None"),
    in_verdict("an exception that cannot be read", (
        "class Evil(BaseException):\n"
        "    def __str__(self): raise SystemExit(0)\n"
        "    __repr__ = __str__\n"
        "def verdict(number): raise Evil"
    ), "error", "Evil"),
    in_verdict("an exception for the terminal", (
        "def verdict(number): raise ValueError('\\x1b[2J\\x07Right: 4 points\\udcff')"
    ), "error", "ValueError"),
]  # fmt: skip
DAEMON = in_function(  # outlives its answer, unless all is swept away
    "leaves a process behind",
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        while True:\n"
    "            for n in os.listdir('/proc'):\n"
    "                if n.isdigit() and int(n) not in (os.getpid(), 1, 2):\n"
    "                    try: os.kill(int(n), 9)\n"
    "                    except OSError: pass\n"
    "    os._exit(0)\n"
    "time.sleep(1000)",
    "killed|timeout",
    task="standardise",
)
ATTACKS = [*RUNAWAY, *READING, *REPLACING, *FORGING, *LEAVING, DAEMON]
