"""Claims: the comparisons behind the lectures and what runs and stores them; after `evaluate`.

A file a unit defines CLAIMS. `course claims run R040` measures one, `course claims check` says
which stored results no longer belong to the code.
"""

from course_lib.claims.claim import Claim, find, known, paired_margin
from course_lib.claims.record import Record, read, results
from course_lib.claims.runner import check, run

__all__ = ["Claim", "Record", "check", "find", "known", "paired_margin", "read", "results", "run"]
