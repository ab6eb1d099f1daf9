# A convenience: each line works on any system as `python3 -m course_lib NAME`.
PYTHON ?= python3

.PHONY: lab test check notebooks doctor bench bench-gpu

lab test check notebooks doctor bench:
	@$(PYTHON) -m course_lib $@ $(ARGS)

bench-gpu:
	@$(PYTHON) -m course_lib bench gpu
