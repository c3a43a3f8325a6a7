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

# The benches; `just bench w1` for one
bench FILTER="":
    cargo bench --bench '*' -- {{FILTER}}

# posology beside other engines (benches/peers); the first build takes minutes
peers *PEOPLE:
    cargo run --release --manifest-path benches/peers/Cargo.toml --target-dir target/peers -- {{PEOPLE}}

# The comparison of routes with its tables and figures, in out/compare
figures:
    cargo run --release -- compare --out out/compare

# The tables of VALIDATION.md and the figure of the README, made anew
documents:
    POSOLOGY_BLESS=1 cargo test --test documents --test pk_events

# What every change must pass
ci:
    .ci/run

# The same, and ten minutes of each fuzz target where nightly and cargo-fuzz are there
full:
    .ci/full

# Licences, advisories and sources of the dependencies (needs cargo-deny)
deny:
    cargo deny check
