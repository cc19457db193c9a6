"""The steps of a peer, one for each line on stdin, as `stepInTurn` of lib/run.ts asks for them."""

import json
import resource
import sys
import time


def take_steps(config, step, result=None):
    """Takes warmup and other steps and prints the seconds of each; then one object with the last loss, the peak of memory and `result`."""
    loss = 0
    for _ in range(config["warmup"] + config["steps"]):
        sys.stdin.readline()
        began = time.perf_counter()
        loss = step()
        print(time.perf_counter() - began, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"loss": loss, "peakBytes": peak, **(result or {})}))
