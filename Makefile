# A convenience: each line works on any system as `python3 -m course_lib NAME`.
PYTHON ?= python3

.PHONY: lab test check notebooks doctor bench bench-gpu

lab test check notebooks doctor:
	@$(PYTHON) -m course_lib $@ $(ARGS)

bench:
	@$(PYTHON) -m benchmarks

bench-gpu:
	@$(PYTHON) -m benchmarks gpu
