# A convenience: each line works on any system as `python3 -m course_lib NAME`.
PYTHON ?= python3

.PHONY: lab test check notebooks doctor

lab test check notebooks doctor:
	@$(PYTHON) -m course_lib $@ $(ARGS)
