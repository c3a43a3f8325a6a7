#!/usr/bin/env bash
# The section of BENCHMARKS.md about programs in R: measured where R has them, else said not to be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

printf '## mrgsolve and rxode2\n\n'
printf 'CPU time per person of one thread, rtol 1e-6 and atol 1e-8 where they integrate.\n\n'
printf '| engine | workload | measured |\n|---|---|---|\n'
for package in mrgsolve rxode2; do
    if Rscript -e "quit(status = !requireNamespace('$package', quietly = TRUE))" >/dev/null 2>&1; then
        Rscript r_peers.R "$package" "${1:-1000}" || printf '| %s | all | failed here |\n' "$package"
    else
        printf '| %s | all | not run here |\n' "$package"
    fi
done
printf '\n'
