"""For instructors who use nbgrader itself (validate, formgrader): run it in this folder.

The course releases labs with `course notebooks`, through the same steps and without a database.
"""

from pathlib import Path

from nbgrader import preprocessors as steps

from course_lib.project.labs import STEPS
from course_lib.project.stubs import Stubs

c = get_config()  # noqa: F821  (nbgrader hands it over)

Path("grading").mkdir(exist_ok=True)  # the database and all that students hand in; git ignores it

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = "sqlite:///grading/gradebook.db"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.py", "*.pyc", ".DS_Store"]

chosen = [Stubs if name == "Stubs" else getattr(steps, name) for name in STEPS]
chosen.insert(STEPS.index("ClearHiddenTests"), steps.SaveCells)  # into its database
c.GenerateAssignment.preprocessors = chosen

# Without these, a deleted check is left ungraded, and a right answer that warns scores nothing.
c.OverwriteCells.add_missing_cells = True
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "(?s)."
