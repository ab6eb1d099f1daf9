"""One of a few: a row of buttons, of which the chosen one bears a tick.

No list to choose from: JupyterLab takes letters typed in one for its commands, and x cuts the cell.
"""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets


class Choice:
    """Buttons after a label. options: what is written on each → what it stands for. value: the
    chosen one, or None. changed: called without arguments when a button has changed it."""

    def __init__(
        self,
        label: str,
        options: Mapping[str, Any],
        value: Any = None,
        changed: Callable[[], None] | None = None,
    ):
        self.changed = changed
        self.values = list(options.values())
        layout = ipywidgets.Layout(width="auto", min_width="120px")
        self.buttons = [
            ipywidgets.Button(description=text, layout=layout, tooltip=f"{label} {text}")
            for text in options
        ]
        for button, of_button in zip(self.buttons, self.values, strict=True):
            button.on_click(lambda _, of_button=of_button: self.choose(of_button))
        name = ipywidgets.Label(label, layout=ipywidgets.Layout(min_width="40px"))
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        self.widget = ipywidgets.Box([name, *self.buttons], layout=wrap)
        self.widget.add_class("course-choice")
        self.value = value

    @property
    def value(self) -> Any:
        """What is chosen; None for nothing."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value
        for button, of_button in zip(self.buttons, self.values, strict=True):
            chosen = value is not None and of_button == value
            button.icon = "check" if chosen else ""
            button.button_style = "info" if chosen else ""

    def choose(self, value: Any) -> None:
        """What a button does."""
        before, self.value = self.value, value
        if self.changed and value != before:
            self.changed()
