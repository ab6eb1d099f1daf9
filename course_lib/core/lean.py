"""Optimisers that leave torch's compiler out: importing it takes as long as importing torch.

torch marks some methods of its optimisers as not to be compiled when they are first called, and
imports the compiler for that, in runs that compile nothing. Below the marks they are the same.
"""

import inspect

import torch
from torch.optim import Optimizer

MARKED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def lean(kind: type[Optimizer]) -> type[Optimizer]:
    """The same optimiser without those marks; not one to compile, or to differentiate through."""
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in MARKED}
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), methods)
