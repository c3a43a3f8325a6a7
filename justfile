# The commands of daily work; `just` lists them.

_default:
    @just --list

# Formatting, lints and documentation, without running anything
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo check --lib --no-default-features
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# All tests, or those whose name contains FILTER
test FILTER="":
    cargo test --release {{FILTER}}

# The published numbers that each model must reproduce
verify:
    cargo run --release -- models verify

# The benches as one table; `just bench W1/` for some
bench FILTER="":
    cargo bench --bench '*' -- {{FILTER}} --output-format bencher | awk -f benches/table.awk

# Instructions that kernels take, by valgrind, against benches/instructions.csv; POSOLOGY_BLESS=1 writes that anew
instructions:
    cargo bench --bench instructions

# posology beside other engines (benches/peers), into BENCHMARKS.md; the first build takes minutes
peers PEOPLE="1000":
    cargo build --release --manifest-path benches/peers/Cargo.toml --target-dir target/peers
    target/peers/release/peers {{PEOPLE}} "$(date -u +%F)" "$(rustc --version)" > target/peers/benchmarks.md
    benches/peers/r_peers.sh {{PEOPLE}} >> target/peers/benchmarks.md
    cat benches/peers/profiles.md >> target/peers/benchmarks.md
    mv target/peers/benchmarks.md BENCHMARKS.md

# The comparison of routes with its tables and figures, in out/compare
compare:
    cargo run --release -- compare --out out/compare

# Every figure of docs/ and the README made anew, with the printed examples beside them
figures:
    POSOLOGY_BLESS=1 cargo test --release --test documents --test course --test session --test equivalent --test target -- figure example

# Every table of VALIDATION.md and docs/ and every index made anew, and the figures
documents: figures
    POSOLOGY_BLESS=1 cargo test --release --test documents --test pk_events --test library --test mutation --test effects --test models --test regimen

# What every change must pass
ci:
    .ci/run

# The same, and ten minutes of each fuzz target where nightly and cargo-fuzz are there
full:
    .ci/full

# Licences, advisories and sources of the dependencies (needs cargo-deny)
deny:
    cargo deny check
