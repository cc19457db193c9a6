"""The peer of words.ts: the same sentences by gensim. Waits for a line before each pass and prints the processor's seconds."""

import json
import sys
import time

from gensim.models.word2vec import Word2Vec

config = json.loads(sys.argv[1])
model = Word2Vec(
    vector_size=100,
    window=5,
    negative=5,
    sample=1e-3,
    min_count=config["leastCount"],
    sg=1 if config["method"] == "skip-gram" else 0,
    cbow_mean=1,
    alpha=config["rate"],
    workers=1,
    seed=1,
)
model.build_vocab(corpus_file=config["path"])
rate, passes, done = config["rate"], config["passes"], 0
for _ in sys.stdin:
    began = time.process_time()
    model.train(
        corpus_file=config["path"],
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=1,
        start_alpha=rate * (1 - done / passes),
        end_alpha=rate * (1 - (done + 1) / passes),
    )
    done += 1
    print(time.process_time() - began, flush=True)
print(json.dumps({"words": config["words"]}), flush=True)
