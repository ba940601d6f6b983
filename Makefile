# What people type. The work is done by the scripts in .ci/, which .ci/run and the workflows use too.
.PHONY: help setup check test docs bench

help:
	@echo "make setup   an environment to work in, .venv-dev"
	@echo "make check   lint, format and types"
	@echo "make test    the tests, as README.md says"
	@echo "make docs    the documentation site, build/docs/index.html"
	@echo "make bench   the kernels, timed on HEAD and on the files as they lie (OLD=..., NEW=...)"

setup check test docs:
	@.ci/$@

bench:
	@.ci/bench $(OLD) $(NEW)
