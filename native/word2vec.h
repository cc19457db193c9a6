// Training of word vectors, see word2vec.cc. Plain C++: the bridge checks what JavaScript passes and hands over pointers.
#pragma once

#include <cstdint>

namespace autodidact {

// Rows of word numbers. A sentence ends at number 0, before a word of another sentence, and at the end of a row.
struct WordText {
  const int64_t* ids;        // (rows, length)
  const int64_t* sentences;  // (rows, length), the sentence of each word; null where only number 0 tells
  const int64_t* lengths;    // (rows); what comes after them is not read
  int64_t rows;
  int64_t length;
};

// Binary trees over the words: the path of word w are the entries from starts[w] to starts[w + 1].
struct WordTree {
  const int64_t* starts;  // (vocabulary + 1)
  const int32_t* nodes;
  const uint8_t* bits;
};

struct WordTables {
  int64_t vocabulary;
  int64_t size;
  float* input;          // (vocabulary, size)
  float* noiseOutput;    // (vocabulary, size), null without negative sampling
  float* nodeOutput;     // (vocabulary - 1, size), null without hierarchical softmax
  const float* keep;     // (vocabulary), the probability that an occurrence is kept
  const int32_t* noise;  // words in the frequency of their draws
  int64_t noiseCells;    // a power of two
  WordTree tree;
};

struct WordSettings {
  bool isSkipGram;
  bool isTrueGradient;  // CBOW only
  int64_t window;
  int64_t negatives;
  double rate;       // at the first word of the text
  double finalRate;  // after its last
  uint64_t seed;
  int64_t threads;
};

struct WordTotals {
  double loss = 0;        // summed over all terms, in nats
  int64_t words = 0;      // read
  int64_t kept = 0;       // of them, after subsampling
  int64_t examples = 0;   // pairs of words (skip-gram) or words with their contexts (CBOW)
  int64_t terms = 0;      // of the loss
  int64_t decisions = 0;  // noise words, and branches of the tree
  double right = 0;       // noise words scored below the true word, and branches taken rightly; ties count half
};

// Throws std::out_of_range for a word number that is not in the vocabulary; what was learnt before it stays.
WordTotals trainWords(const WordTables& tables, const WordText& text, const WordSettings& settings);

}  // namespace autodidact
