# The two commands: `make demo` (a page of depth maps) and `make test`. Both make .venv in the checkout.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin
DEMO_DATA := --num_shapes 8 --num_real 32 --num_test 80
# Two processes with one thread each are faster on two cores than one with two threads.
PYTEST = OMP_NUM_THREADS=1 $(VENV)/pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: demo test quick soak lowest leaderboard ladder bench lint setup

demo: setup
	@echo "To watch the training: .venv/bin/python -m util.visdom_server in another terminal, then http://localhost:8097"
	$(VENV)/python -m data.simulate --dataroot ./sem $(DEMO_DATA)
	$(VENV)/python train.py --dataroot ./sem --name metrology --config docs/demo.yaml --continue_train
	$(VENV)/python test.py --dataroot ./sem --name metrology --which_epoch 200
	$(VENV)/python test.py --dataroot ./sem --name holes
	$(VENV)/python -m util.compare metrology holes --sem ./sem/test/SEM --truth ./sem/test/Depth

test: lint
	$(PYTEST)

# The tests of what changed since the last commit.
quick: .venv/tested
	$(VENV)/python tests/quick.py

# Every approach on one data set: resumes where it stopped; LEADERBOARD=--quick takes minutes.
leaderboard ladder: setup
	$(VENV)/python benchmarks/leaderboard.py $(LEADERBOARD) $(LADDER)

# How fast everything is, beside plain references: one table, and what changed since the recorded one.
bench: .venv/tested
	$(VENV)/python benchmarks/speed.py $(BENCH)

# Every promise of docs/reliability.md with its full count: about two hours.
soak: .venv/tested
	SEMDEPTH_SOAK=1 $(VENV)/pytest tests/reliability

# The suite with the oldest versions that setup.py takes; `make test` in a new checkout has the newest.
lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install 'setuptools>=77,<81' wheel
	.venv-lowest/bin/pip install --no-build-isolation visdom==0.2.4 -c tests/lowest.txt
	.venv-lowest/bin/pip install --no-build-isolation -e . pytest pytest-xdist hypothesis build -c tests/lowest.txt
	.venv-lowest/bin/pytest

lint: .venv/tested
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy

setup: .venv/done

# visdom for Python 3.11 is an sdist whose build needs pkg_resources, which setuptools 81 dropped: a step of its own.
.venv/done: setup.py Makefile
	$(PYTHON) -m venv .venv
	$(VENV)/pip install 'setuptools>=77,<81' wheel
	if $(VENV)/python -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then \
	  $(VENV)/pip install --no-build-isolation visdom==0.2.4; fi
	$(VENV)/pip install --no-build-isolation -e .
	-command -v npm >/dev/null && $(VENV)/python -m util.visdom_server --prepare
	touch $@

.venv/tested: .venv/done
	$(VENV)/pip install --no-build-isolation -e '.[test]'
	touch $@
