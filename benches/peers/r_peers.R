# The workloads of this folder through mrgsolve and rxode2: rows for BENCHMARKS.md, microseconds of CPU time per person,
# medians of five rounds, one thread, with the data frame that a call returns.
# Usage: Rscript r_peers.R PACKAGE [PEOPLE]

arguments <- commandArgs(trailingOnly = TRUE)
package <- arguments[1]
people <- if (length(arguments) > 1) as.integer(arguments[2]) else 1000L
suppressPackageStartupMessages(library(package, character.only = TRUE))

set.seed(1)
factors <- function() c(1, rlnorm(people - 1, 0, sqrt(log(1.09))))
elimination <- factors()
volume <- factors()
regular <- 6.72 * (1:500)
irregular <- sort(runif(500, 0, 3360))
w1 <- data.frame(ID = seq_len(people), CL = 80 * elimination, V2 = 150 * volume)
w2 <- data.frame(ID = seq_len(people), MET = 5 * elimination, VC = 80 * volume)
w3 <- data.frame(ID = seq_len(people), VMAX = 12 * elimination, V2 = 150 * volume)

report <- function(name, how, run) {
  run()
  cpu <- replicate(5, sum(system.time(run())[c("user.self", "sys.self")]))
  version <- as.character(packageVersion(package))
  cat(sprintf("| %s %s %s | %s | %.0f us |\n", package, version, how, name, 1e6 * median(cpu) / people))
}

mrgsolve_rows <- function() {
  oral <- mrgsolve::mcode("oral", "
$PKMODEL cmt = \"DEPOT CENT PERI\", depot = TRUE
$PARAM CL = 80, V2 = 150, Q = 60, V3 = 200, KA = 1.2
$TABLE capture OBSERVED = CENT / V2;
", quiet = TRUE)
  nasal <- mrgsolve::mcode("nasal", "
$PARAM MET = 5, VC = 80
$CMT NOSE GUT LIVER CENT SHALLOW DEEP METAB DISTANT
$ODE
double c = CENT / VC;
double hepatic = 87 * c - 4.35 * LIVER;
double shallow = 120 * c - 0.8 * SHALLOW;
double deep = 40 * c - 0.1 * DEEP;
double away = 0.5 * METAB - DISTANT / 3.0;
dxdt_NOSE = -2.5 * NOSE;
dxdt_GUT = NOSE - 0.8 * GUT;
dxdt_LIVER = 0.8 * GUT + hepatic - MET * LIVER;
dxdt_CENT = 1.5 * NOSE - hepatic - shallow - deep - 5 * c;
dxdt_SHALLOW = shallow;
dxdt_DEEP = deep;
dxdt_METAB = 0.8 * MET * LIVER - away - 0.6 * METAB;
dxdt_DISTANT = away;
$TABLE capture OBSERVED = METAB / 100.0;
", quiet = TRUE)
  effects <- mrgsolve::mcode("effects", "
$PARAM VMAX = 12, V2 = 150
$CMT DEPOT CENT PERI SITE RESPONSE
$MAIN RESPONSE_0 = 100;
$ODE
double c = CENT / V2;
double exchanged = 60 * (c - PERI / 200);
dxdt_DEPOT = -1.2 * DEPOT;
dxdt_CENT = 1.2 * DEPOT - exchanged - 20 * c - VMAX * c / (0.08 + c);
dxdt_PERI = exchanged;
dxdt_SITE = 0.5 * (c - SITE);
dxdt_RESPONSE = 5 * (1 - 0.9 * SITE / (0.05 + SITE)) - 0.05 * RESPONSE;
$TABLE capture OBSERVED = RESPONSE;
", quiet = TRUE)
  doses <- function(...) {
    c(mrgsolve::ev(amt = 84, cmt = 1, ii = 84, addl = 7, ...),
      mrgsolve::ev(time = 672, amt = 84, cmt = 1, ii = 168, addl = 11, ...))
  }
  run <- function(model, idata, times, events = doses()) {
    function() {
      mrgsolve::mrgsim(model, events = events, idata = idata, obsonly = TRUE, end = -1, add = times,
                       rtol = 1e-6, atol = 1e-8)
    }
  }
  report("W1", "$PKMODEL", run(oral, w1, regular))
  report("W1i", "$PKMODEL", run(oral, w1, irregular))
  report("W2", "lsoda", run(nasal, w2, regular, doses(rate = 126)))
  report("W3", "lsoda", run(effects, w3, regular))
}

rxode2_rows <- function() {
  oral <- rxode2::rxode2("Q = 60; V3 = 200; KA = 1.2; observed = linCmt(CL, V2, Q, V3, KA);")
  nasal <- rxode2::rxode2("
c = cent / VC;
hepatic = 87 * c - 4.35 * liver;
toshallow = 120 * c - 0.8 * shallow;
todeep = 40 * c - 0.1 * deep;
away = 0.5 * metab - distant / 3;
d/dt(nose) = -2.5 * nose;
d/dt(gut) = nose - 0.8 * gut;
d/dt(liver) = 0.8 * gut + hepatic - MET * liver;
d/dt(cent) = 1.5 * nose - hepatic - toshallow - todeep - 5 * c;
d/dt(shallow) = toshallow;
d/dt(deep) = todeep;
d/dt(metab) = 0.8 * MET * liver - away - 0.6 * metab;
d/dt(distant) = away;
observed = metab / 100;
")
  effects <- rxode2::rxode2("
c = cent / V2;
exchanged = 60 * (c - peri / 200);
d/dt(depot) = -1.2 * depot;
d/dt(cent) = 1.2 * depot - exchanged - 20 * c - VMAX * c / (0.08 + c);
d/dt(peri) = exchanged;
d/dt(site) = 0.5 * (c - site);
d/dt(response) = 5 * (1 - 0.9 * site / (0.05 + site)) - 0.05 * response;
response(0) = 100;
")
  events <- function(times, ...) {
    table <- rxode2::et(amt = 84, ii = 84, addl = 7, cmt = 1, ...)
    table <- rxode2::et(table, time = 672, amt = 84, ii = 168, addl = 11, cmt = 1, ...)
    rxode2::et(table, times)
  }
  run <- function(model, parameters, table) {
    function() {
      rxode2::rxSolve(model, params = parameters[, -1], events = table, rtol = 1e-6, atol = 1e-8, cores = 1)
    }
  }
  report("W1", "linCmt()", run(oral, w1, events(regular)))
  report("W1i", "linCmt()", run(oral, w1, events(irregular)))
  report("W2", "liblsoda", run(nasal, w2, events(regular, rate = 126)))
  report("W3", "liblsoda", run(effects, w3, events(regular)))
}

if (package == "mrgsolve") mrgsolve_rows() else rxode2_rows()
