"""The peer of text.ts: the same texts by Hugging Face's tokenizers. Waits for a line before each step and prints its seconds."""

import json
import sys
import time

from tokenizers import Tokenizer

config = json.loads(sys.argv[1])
tokenizer = Tokenizer.from_file(config["tokenizer"])
texts = json.load(open(config["path"], encoding="utf-8"))
count = 0
for _ in sys.stdin:
    began = time.perf_counter()
    count = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    print(time.perf_counter() - began, flush=True)
print(count, flush=True)
