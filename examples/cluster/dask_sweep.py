"""Run a sweep of posology shard by shard on Dask, then merge the shards.

Without --scheduler on this machine; with it on the cluster whose scheduler has that address. The workers need posology
and see the folders of PLAN and OUT under the same names. Run it again after a failure: finished parts are kept.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from dask.distributed import Client, LocalCluster, as_completed


def run(command):
    """Exit code 1 says that some rows failed; they are in the results with their reason, and the rest is complete."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise RuntimeError(f"{command[0]} is not on the PATH of this machine (--posology names the program)") from None
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}\nended with exit code {done.returncode}:\n{done.stderr.strip()}")
    return done.returncode


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("plan", type=Path, help="the plan of the sweep")
    words.add_argument("--out", type=Path, required=True, help="folder of the results")
    words.add_argument("--shards", type=int, default=16, help="number of shards (16); the same in every run of a sweep")
    words.add_argument("--threads", type=int, default=1, help="threads of each shard (1)")
    words.add_argument("--workers", type=int, help="worker processes on this machine (one per core)")
    words.add_argument("--scheduler", metavar="ADDRESS", help="a running cluster, such as tcp://10.0.0.1:8786")
    words.add_argument("--posology", default="posology", help="the program, if it is not on the PATH of the workers")
    words.add_argument("--options", default="", help='options of `posology sweep`, as --options="--kernel baseline"')
    asked = words.parse_args()
    if not asked.plan.is_file():
        sys.exit(f"error: there is no plan {asked.plan}")

    plan, out = asked.plan.resolve(), asked.out.resolve()
    commands = {}
    for k in range(1, asked.shards + 1):
        command = [asked.posology, "sweep", str(plan), "--out", str(out), "--shard", f"{k}/{asked.shards}"]
        command += ["--threads", str(asked.threads), "--quiet", *shlex.split(asked.options)]
        commands[f"shard {k}/{asked.shards}"] = command

    cluster = asked.scheduler or LocalCluster(n_workers=asked.workers, threads_per_worker=1, dashboard_address=None)
    failed = {}
    with Client(cluster) as client:
        # Not pure: a shard that is asked for again is run again, and finds by itself that it is finished.
        tasks = {client.submit(run, command, retries=3, pure=False): name for name, command in commands.items()}
        for count, task in enumerate(as_completed(tasks), start=1):
            if task.status == "error":
                failed[tasks[task]] = task.exception()
            print(f"{tasks[task]} {task.status}, {count} of {asked.shards}", file=sys.stderr, flush=True)
    if failed:
        name, why = next(iter(failed.items()))
        sys.exit(f"error: {len(failed)} of {asked.shards} shards failed; {name}: {why}\nThe same command goes on with them.")

    merge = [asked.posology, "sweep", "merge", str(out)]
    try:
        sys.exit(subprocess.call(merge))
    except FileNotFoundError:
        sys.exit(f"error: the shards are finished, but {asked.posology} is not here to merge them: {' '.join(merge)}")


if __name__ == "__main__":
    main()
