# make demo   sets up .venv and makes a sound for the clip that ships with the library -> out/demo.mp4, out/demo.png
# make test   sets up .venv and runs every test and the linter; those against a real ComfyUI and those of the
#             evaluation, the commands and the data run beside the others
# make fuzz   gives the library thousands of odd and hostile files; make fuzz SEED=7 CASES=20000
# make bench  sets up .venv and measures what README and docs/speed.md say of speed and memory, on `small`; minutes.
#             REFERENCE=DIR make bench: then MMAudio's own code, a checkout in DIR, and ours side by side; hours, 13 GB
PYTHON ?= python3
BIN := .venv/bin
SEED ?= 1
CASES ?= 3000
# torchaudio, a twin in some tests, refuses to load beside a torch that was built for another CUDA; this pair agrees.
TORCH ?= torch>=2.7,<2.15
BESIDE := tests/host tests/evaluation tests/cli tests/data

.PHONY: demo test fuzz bench clean

demo: .venv/ready
	$(BIN)/kling-foley demo --output out/demo.mp4

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(BESIDE) > .venv/beside.txt 2>&1 & beside=$$!; \
	$(BIN)/python -m pytest $(BESIDE:%=--ignore %); rest=$$?; \
	wait $$beside; beside=$$?; cat .venv/beside.txt; exit $$((rest + beside))

fuzz: .venv/ready
	$(BIN)/python -m tests.fuzz.run --seed $(SEED) --cases $(CASES)

bench: .venv/ready
	@test -z "$(REFERENCE)" -o -d "$(REFERENCE)/mmaudio" || { echo "REFERENCE=$(REFERENCE): no checkout of MMAudio is there"; exit 2; }
	$(BIN)/python benchmarks/stages.py
	$(BIN)/python benchmarks/solvers.py --picture out/solvers.png
	$(BIN)/python benchmarks/growth.py --picture out/growth.png
	$(BIN)/python benchmarks/reading.py --seconds 0.5 --repeats 1
	$(BIN)/python benchmarks/reading.py --seconds 0.5 --repeats 1 --whole
	$(BIN)/python benchmarks/second_take.py
	$(BIN)/python benchmarks/convolutions.py
	$(BIN)/python benchmarks/products.py
	$(BIN)/python benchmarks/compiled.py
	test -z "$(REFERENCE)" || $(BIN)/python benchmarks/compare_reference.py --reference "$(REFERENCE)" --weights out/weights
	test -z "$(REFERENCE)" || $(BIN)/python benchmarks/start.py --weights out/weights --film kling_foley_core/demo/wooden_balls.mp4

.venv/ready: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10) and 'Python 3.10 or newer is needed: make PYTHON=python3.11 ...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' '$(TORCH)'
	touch $@

clean:
	rm -rf .venv
