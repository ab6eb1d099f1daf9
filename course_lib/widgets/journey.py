"""The way through the course: its sixteen units, what each builds on, and routes of some weeks."""

from pathlib import Path

import ipywidgets
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from course_lib.core.errors import CourseError, nearest
from course_lib.widgets import style
from course_lib.widgets.choice import Choice

# unit → (title, units it builds on, column and row in the map)
UNITS: dict[int, tuple[str, tuple[int, ...], tuple[float, float]]] = {
    1: ("Representations,\nsupervised baselines", (), (0, 1.5)),
    2: ("Augmentation", (1,), (1, 1.5)),
    3: ("Pretext tasks", (2,), (2, 3.5)),
    4: ("Contrastive\nlearning", (2,), (2, 1.5)),
    5: ("Clustering", (4,), (3, 5)),
    7: ("Redundancy\nreduction", (4,), (3, 4)),
    6: ("Self-distillation", (4,), (3, 3)),
    8: ("Masked modelling", (4,), (3, 1.5)),
    11: ("Video", (4,), (3, 0)),
    12: ("Audio", (4,), (3, -1)),
    15: ("Dense features,\ndiscovery", (6, 8), (4, 4)),
    16: ("Generation, 3D", (6, 8), (4, 3)),
    9: ("Joint embedding\nprediction", (8,), (4, 2)),
    10: ("Evaluation,\nrobustness", (8,), (4, 1)),
    13: ("Weak supervision,\nscale", (8,), (4, 0)),
    14: ("Multimodal\nalignment", (11, 12), (4, -1)),
}
# weeks → the units of each week
ROUTES: dict[int, tuple[tuple[int, ...], ...]] = {
    6: ((1, 2), (4,), (6,), (8,), (10,), (14,)),
    10: ((1,), (2,), (4,), (5, 7), (6,), (8,), (10,), (11, 12), (14,), (15,)),
    14: (
        *((1,), (2,), (3,), (4,), (5, 7), (6,), (8,)),
        *((9, 13), (10,), (11,), (12,), (14,), (15,), (16,)),
    ),
}
WIDTH, HEIGHT = 0.84, 0.68


def title(unit: int) -> str:
    """A unit's title on one line."""
    return UNITS[unit][0].replace("\n", " ")


def week_of(route: int) -> dict[int, int]:
    """Unit → the week in which a route of so many weeks takes it."""
    return {u: week for week, units in enumerate(ROUTES[route], 1) for u in units}


def missing(route: int) -> dict[int, list[int]]:
    """Unit → units it builds on that the route leaves out."""
    taken = week_of(route)
    gaps = {u: [need for need in UNITS[u][1] if need not in taken] for u in taken}
    return {unit: gap for unit, gap in gaps.items() if gap}


def compute(route: int = 0) -> dict:
    """What to draw. route: 6, 10 or 14 weeks, or 0 for all units. Raises CourseError for others.

    Returns `route`, and `marks`: unit → the line below its title, "" for a unit left out.
    """
    if route and route not in ROUTES:
        options = [f"{weeks}" for weeks in ROUTES]
        raise CourseError(f"There is no route of {route} weeks: {nearest(str(route), options)}")
    if route:
        weeks = week_of(route)
        marks = {u: f"week {weeks[u]}" if u in weeks else "" for u in UNITS}
    else:
        marks = {u: " · ".join(str(r) for r in ROUTES if u in week_of(r)) + " wk" for u in UNITS}
    return {"route": route, "marks": marks}


def draw(arrays: dict) -> Figure:
    """The map; arrows go from a unit to those that build on it."""
    fig = style.figure(8.6, 5.2)
    ax = fig.add_subplot()
    route, marks = arrays["route"], arrays["marks"]
    for unit, (_, needs, _) in UNITS.items():
        for need in needs:
            arrow(ax, need, unit, bold=not route or bool(marks[need] and marks[unit]))
    for unit in UNITS:
        box(ax, unit, marks[unit], taken=bool(marks[unit]))
    shown = f"route of {route} weeks" if route else "below each title: the routes that take it"
    ax.set_title(f"Map of units; {shown}", loc="left")
    ax.set_xlim(-0.5, 4.5)
    ax.set_ylim(-1.5, 5.45)
    ax.set_axis_off()
    return fig


def arrow(ax, start: int, end: int, bold: bool) -> None:
    """From the right side of one box to the left side of another."""
    (x0, y0), (x1, y1) = UNITS[start][2], UNITS[end][2]
    line = {"arrowstyle": "-|>", "lw": 1.4, "color": "#52606D" if bold else "#CBD2D9"}
    line |= {"shrinkA": 0, "shrinkB": 1}
    ax.annotate("", (x1 - WIDTH / 2, y1), (x0 + WIDTH / 2, y0), arrowprops=line, zorder=1)


def box(ax, unit: int, mark: str, taken: bool) -> None:
    """One unit: number and title, and its mark below."""
    text, _, (x, y) = UNITS[unit]
    style_of = {"facecolor": "#DCEBF7", "edgecolor": style.RIGHT, "lw": 1.6}
    if not taken:
        style_of = {"facecolor": "white", "edgecolor": "#9AA5B1", "lw": 1, "linestyle": "--"}
    corner = (x - WIDTH / 2, y - HEIGHT / 2)
    patch = FancyBboxPatch(corner, WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.08")
    patch.set(**style_of, zorder=2)
    ax.add_patch(patch)
    colour = style.INK if taken else "#616E7C"
    lift = 0.1 if mark else 0
    centred = {"ha": "center", "va": "center", "color": colour, "zorder": 3}
    ax.text(x, y + lift, f"{unit}  {text}", fontsize=8, linespacing=1.1, **centred)
    ax.text(x, y - 0.24, mark, fontsize=7.5, style="italic", **centred)


def alt(arrays: dict) -> str:
    """The map in words."""
    if route := arrays["route"]:
        weeks = [
            f"week {n}: " + " and ".join(f"{u} {title(u)}" for u in units)
            for n, units in enumerate(ROUTES[route], 1)
        ]
        return f"Map of units, those of the {route}-week route filled. " + "; ".join(weeks) + "."
    parts = [
        f"{u} {title(u)}" + (f" builds on {' and '.join(map(str, needs))}" if needs else "")
        for u, (_, needs, _) in sorted(UNITS.items())
    ]
    return "Map of the sixteen units as boxes joined by arrows. " + "; ".join(parts) + "."


def show_routes() -> None:
    """The routes as a table: one line a week."""
    rows = [
        (f"week {n}", *(what(weeks[n - 1]) if n <= len(weeks) else "" for weeks in ROUTES.values()))
        for n in range(1, max(ROUTES) + 1)
    ]
    style.table(["", *(f"{route} weeks" for route in ROUTES)], rows, "Three routes, week by week")


def what(units: tuple[int, ...]) -> str:
    """The units of one week."""
    return " + ".join(f"{u} {title(u)}" for u in units)


def show_progress(summary: dict[str, str], here: Path) -> None:
    """A line a unit: whether its lecture is in the folder `here`, exercises tried and solved.

    summary: exercise id such as "u01/softmax_ce" → its state, as the progress file keeps it.
    """
    rows = []
    for unit in sorted(UNITS):
        states = [state for name, state in summary.items() if name.startswith(f"u{unit:02d}/")]
        lecture = any(here.glob(f"{unit:02d}_*.ipynb"))
        if lecture or states:
            solved = sum(state.startswith("passed") for state in states)
            tried = sum(state != "not attempted" for state in states)
            rows.append((f"{unit} {title(unit)}", "yes" if lecture else "no", tried, solved))
    if not summary:
        print("No exercise tried yet: your first check will show up here.")
    if rows:
        style.table(["unit", "lecture in this folder", "tried", "solved"], rows, "Your progress")
    else:
        print("No lecture is in this folder yet.")


def show() -> None:
    """The map, with a choice of route."""
    names = {"all units": 0} | {f"{weeks} weeks": weeks for weeks in ROUTES}
    output = ipywidgets.Output()

    def redraw(again: bool = True) -> None:
        with output:
            if again:
                output.clear_output(wait=True)
            arrays = compute(choice.value)
            style.show(draw(arrays), alt(arrays))

    choice = Choice("Show", names, 0, redraw)
    box = ipywidgets.VBox([choice.widget, output])
    box.add_class("course-journey")
    style.present(box, "Run this cell to choose a route.")
    redraw(again=False)
