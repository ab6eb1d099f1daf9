"""Quick questions of the lectures, a file a unit, so that no cell shows its own answers."""
