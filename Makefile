# `make demo` and `make test` set up what they need: see scripts/setup.sh.
.PHONY: demo test setup sample bench bench-peers bench-scale bench-records bench-report bench-cluster page test-qgis test-batch test-faults fuzz clean msrv

# rustup may have been installed after this shell was opened.
export PATH := $(HOME)/.cargo/bin:$(PATH)
CARGO ?= cargo
OUT ?= out
# gdal-sys ships bindings up to GDAL 3.12; for a newer one they are made (looked up when a recipe runs, after the set-up).
FLAGS = $(shell pkg-config --atleast-version=3.13 gdal 2>/dev/null && echo --features bindgen)

demo: setup
	$(CARGO) run --release $(FLAGS) -- run sample_tiles/cocal.toml --out $(OUT)
	$(CARGO) run --release $(FLAGS) -- report $(OUT) --language en

test: setup
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets $(FLAGS) -- -D warnings
	$(CARGO) clippy --all-targets --features network $(FLAGS) -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items --features network $(FLAGS)
	ORT_DYLIB_PATH=$$(./scripts/onnxruntime.sh) $(CARGO) test --features network $(FLAGS)
	./scripts/test_page.sh
	./scripts/check_outputs.sh target/page-test/out

# What takes longer: faults caused on purpose, real clusters (Dask, Slurm, S3) on this machine. Wants root for Slurm.
test-batch: setup
	$(CARGO) build --release $(FLAGS) --bin cocal --example simulate
	./scripts/test_faults.sh target/release/cocal --kills 100
	./scripts/test_cluster.sh target/release/cocal

# Those of the faults that .ci/run takes: all of them passed when this was written.
test-faults: setup
	$(CARGO) build --release $(FLAGS) --bin cocal --example simulate
	./scripts/test_faults.sh target/release/cocal --kills 100 --only kills "kills of steps" lock "one block" "bad sectors" "dates of files" memory

# Fuzzes every parser for SECONDS each (needs a nightly toolchain).
fuzz:
	./scripts/fuzz.sh $(or $(SECONDS),600)

setup:
	@./scripts/setup.sh

# Optional, since it installs QGIS: loads the sample's project in a real QGIS and draws it.
test-qgis: setup
	$(CARGO) run --release $(FLAGS) -- run sample_tiles/cocal.toml --out target/qgis-check --quiet
	./scripts/check_qgis.sh target/qgis-check target/qgis.png

# The sample is committed; this makes it again, byte for byte.
sample: setup
	$(CARGO) build --release $(FLAGS) --bin cocal --example simulate
	./scripts/make_sample.sh

bench: bench-peers bench-scale

# cocal beside what a user would pick instead: writes the table and the plot of docs/benchmarks.md.
bench-peers: setup
	python3 benches/peers/bench_peers.py

# Time and memory against pixels, dates, trees, municipalities and threads: writes its table into docs/benchmarks.md.
bench-scale: setup
	python3 benches/scale.py

# The commands on records at the size of Colombia: writes its table into docs/benchmarks.md.
bench-records: setup
	python3 benches/records.py

# The report at the size of Colombia, made and opened in a browser: writes its table into docs/benchmarks.md.
bench-report: setup
	python3 benches/report.py

# What batches cost: Dask beside one run, plans and merges of 100,000 tasks; then the simulation of a cluster (docs/scale.md).
bench-cluster: setup
	$(CARGO) build --release $(FLAGS) --bin cocal --example simulate
	$$(./scripts/cluster_venv.sh) benches/cluster.py
	$$(./scripts/cluster_venv.sh) benches/simulate_cluster.py

# Builds what the program embeds of the page (report/dist) from its sources.
page:
	cd report && npm ci --no-audit --no-fund && npm run build

# Checks the stated minimum Rust version with that very toolchain, where rustup has it.
msrv: setup
	$(CARGO) +1.89 check --all-targets $(FLAGS)

clean:
	$(CARGO) clean
	rm -rf $(OUT)
