"""`python -m course_lib lab|test|check|…`: runs on a bare Python, and says so when it is too old.

Nothing newer than Python 3.6 may be used in this file, and nothing is imported at its top but sys:
an old Python must reach the sentence below before it meets syntax that it does not know.
"""

import sys


def unsupported(version):
    """A sentence when this Python cannot run the course, else None. version: (major, minor)."""
    if (3, 11) <= tuple(version[:2]) <= (3, 14):
        return None
    return (
        f"The course needs Python 3.11 to 3.14 and this is {version[0]}.{version[1]}: run the same "
        "command with one of those, for example `python3.12 -m course_lib lab` or "
        "`make lab PYTHON=python3.12`."
    )


def main(args=None):
    """Enter the environment that the command needs, then hand over to the `course` command."""
    sentence = unsupported(sys.version_info)
    if sentence:
        sys.stderr.write(sentence + "\n")
        return 2
    from course_lib.core.errors import CourseError
    from course_lib.project import environment

    args = sys.argv[1:] if args is None else args
    try:
        environment.enter(args)
    except CourseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The same command continues.\n")
        return 130
    from course_lib.cli import main as cli

    return cli(args)


if __name__ == "__main__":
    sys.exit(main())
