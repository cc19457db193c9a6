"""The peer of export.ts: ONNX Runtime for Python on the same file, one thread. Waits for a line before each step and prints CPU seconds."""

import json
import sys
import time

import numpy
import onnxruntime

config = json.loads(sys.argv[1])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(config["model"], options, providers=["CPUExecutionProvider"])
images = numpy.full((config["batch"], 3, config["size"], config["size"]), 0.5, dtype=numpy.float32)
for _ in range(config["warmup"] + config["steps"]):
    sys.stdin.readline()
    began = time.process_time()
    session.run(None, {session.get_inputs()[0].name: images})
    print(time.process_time() - began, flush=True)
print("null", flush=True)
