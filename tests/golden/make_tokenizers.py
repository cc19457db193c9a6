"""Golden values for src/data/text: what Python's tokenizers makes of text/addresses.txt (messages of Lincoln, 1861, and Kennedy, 1962, public
domain) and of odd strings. Needs tokenizers 0.23.3.

    python3 tests/golden/make_tokenizers.py
"""

import json
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

folder = Path(__file__).parent / "text"
corpus = (folder / "addresses.txt").read_text().split("\n")

STRINGS = [
    "The State of the Union, 1861.",
    "Hello  world! \n\n New   line\ttab ",
    " leading and trailing ",
    "don't we'll I'M can\u2019t o'clock's",
    "$1,234.56 on 12/03/1861 - 3rd, 4-5 %",
    "caf\u00e9 na\u00efve \u00c5ngstr\u00f6m cafe\u0301",
    "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d\u4e16\u754c \u3053\u3093\u306b\u3061\u306f",
    "\U0001f469\u200d\U0001f680 flies \U0001f680!!",
    "a\u00a0b\u2003c\u200bd\ufeffe",
    "ALL CAPS AND CamelCase snake_case",
    "...!!??--\u2014\u201cquoted\u201d",
    "\u0394\u03a3 \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u0130stanbul stra\u00dfe",
    "x" * 120,
    "tab\tand\r\nreturn",
    "aaaaaaa aaaa aa",
    "__proto__ constructor toString",
    "\u0001control\u0007 characters\u0085here",
    "",
    "   ",
    "supercalifragilisticexpialidocious internationalization",
]


def bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        min_frequency=2,
        special_tokens=["<pad>", "<s>", "</s>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def word_pieces():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        corpus, trainers.WordPieceTrainer(vocab_size=600, special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        corpus,
        trainers.UnigramTrainer(vocab_size=300, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False),
    )
    return tokenizer


def words():
    counts = {}
    for line in corpus:
        for word in line.split():
            counts[word] = counts.get(word, 0) + 1
    kept = ["[UNK]"] + sorted((word for word in counts if counts[word] > 3), key=lambda word: (-counts[word], word))
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(kept)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # Found in every text, whatever stands around it, as no special token is.
    tokenizer.add_tokens([AddedToken("rd,", normalized=False)])
    tokenizer.add_special_tokens(["<pad>"])
    return tokenizer


made = {"bpe": bpe(), "wordpiece": word_pieces(), "unigram": unigram(), "words": words()}
results = {}
for name, tokenizer in made.items():
    encoded = [tokenizer.encode(text, add_special_tokens=False).ids for text in STRINGS]
    if name != "bpe":
        (folder / f"{name}.json").write_text(tokenizer.to_str())
    results[name] = {"ids": encoded, "texts": [tokenizer.decode(ids, skip_special_tokens=False) for ids in encoded]}
model = json.loads(made["bpe"].to_str())["model"]
results["bpe"]["merges"] = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
golden = {"tokenizers": tokenizers.__version__, "strings": STRINGS, **results}
(folder / "golden.json").write_text(json.dumps(golden))
