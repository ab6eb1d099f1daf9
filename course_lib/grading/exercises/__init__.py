"""The exercises, a folder a unit and a file an exercise; `registry` finds them by id."""
