"""The course as a project: environment, notebooks, tests, tools; only `cli` stands on it."""
