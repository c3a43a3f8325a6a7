# One table of what `cargo bench -- --output-format bencher` prints.
BEGIN { printf "%-32s %12s %10s\n", "workload/engine/size", "median", "deviation" }
$4 == "bench:" {
    gsub(/[,)]/, "")
    printf "%-32s %12s %9.1f%%\n", $2, readable($5), 100 * $8 / ($5 + 1e-9)
    fflush()
}
function readable(ns) {
    if (ns < 1e3) return sprintf("%d ns", ns)
    if (ns < 1e6) return sprintf("%.2f us", ns / 1e3)
    if (ns < 1e9) return sprintf("%.2f ms", ns / 1e6)
    return sprintf("%.2f s", ns / 1e9)
}
