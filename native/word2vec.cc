// Skip-gram and CBOW with negative sampling and hierarchical softmax (Mikolov et al. 2013), by the rules of word2vec.c.
//
// An example costs some hundred multiplications on rows anywhere in tables of many megabytes: the time goes to fetching rows. The
// negatives of an example are therefore drawn one example ahead and their rows prefetched. Threads share the tables without locks
// (hogwild), so that only one thread gives the same bits again.

#include "word2vec.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

// The addon is built for every processor of its kind; the inner loop is compiled for wider registers too and chosen at load.
#if defined(__x86_64__) && defined(__GLIBC__) && (!defined(__clang__) || __clang_major__ >= 16)
#define AUTODIDACT_CLONES __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define AUTODIDACT_CLONES
#endif
#define AUTODIDACT_INLINE inline __attribute__((always_inline))

namespace autodidact {
namespace {

constexpr size_t kLongestSentence = 1000;  // words that survive subsampling
constexpr int64_t kWordsPerRate = 10000;   // the learning rate is set anew after so many words of a thread
constexpr float kLargestScore = 6;
constexpr int kSteps = 1000;
constexpr float kStepsPerUnit = kSteps / (2 * kLargestScore);

// Sigmoid and loss at the nearest of 1,001 points. word2vec.c rounds down, with a factor cut to a whole number: its sigmoid of 0 is .494.
struct Curves {
  float sigmoid[kSteps + 1];
  float loss[2][kSteps + 1];  // of label 0 and 1
  Curves() {
    for (int i = 0; i <= kSteps; i++) {
      const double score = (static_cast<double>(i) / kSteps * 2 - 1) * kLargestScore;
      sigmoid[i] = static_cast<float>(1 / (1 + std::exp(-score)));
      loss[0][i] = static_cast<float>(std::log1p(std::exp(score)));
      loss[1][i] = static_cast<float>(std::log1p(std::exp(-score)));
    }
  }
};
const Curves curves;

// ---------------------------------------------------------------------------------------------------------------------
// Arithmetic on rows. The order of the sums does not depend on the width of the registers.

typedef float Sixteen __attribute__((vector_size(64), aligned(4), may_alias));
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));

AUTODIDACT_INLINE float dot(const float* a, const float* b, int64_t size) {
  Sixteen wide = {};
  int64_t i = 0;
  for (; i + 16 <= size; i += 16) wide += *reinterpret_cast<const Sixteen*>(a + i) * *reinterpret_cast<const Sixteen*>(b + i);
  const Four* parts = reinterpret_cast<const Four*>(&wide);
  Four narrow = (parts[0] + parts[1]) + (parts[2] + parts[3]);
  for (; i + 4 <= size; i += 4) narrow += *reinterpret_cast<const Four*>(a + i) * *reinterpret_cast<const Four*>(b + i);
  float sum = (narrow[0] + narrow[1]) + (narrow[2] + narrow[3]);
  for (; i < size; i++) sum += a[i] * b[i];
  return sum;
}

// error += g * row, then row += g * x
AUTODIDACT_INLINE void exchange(float* error, float* row, const float* x, float g, int64_t size) {
  int64_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const Sixteen before = *reinterpret_cast<const Sixteen*>(row + i);
    *reinterpret_cast<Sixteen*>(error + i) += g * before;
    *reinterpret_cast<Sixteen*>(row + i) = before + g * *reinterpret_cast<const Sixteen*>(x + i);
  }
  for (; i + 4 <= size; i += 4) {
    const Four before = *reinterpret_cast<const Four*>(row + i);
    *reinterpret_cast<Four*>(error + i) += g * before;
    *reinterpret_cast<Four*>(row + i) = before + g * *reinterpret_cast<const Four*>(x + i);
  }
  for (; i < size; i++) {
    const float before = row[i];
    error[i] += g * before;
    row[i] = before + g * x[i];
  }
}

// sum += factor * row
AUTODIDACT_CLONES void addTo(float* sum, const float* row, float factor, int64_t size) {
  int64_t i = 0;
  for (; i + 16 <= size; i += 16) *reinterpret_cast<Sixteen*>(sum + i) += factor * *reinterpret_cast<const Sixteen*>(row + i);
  for (; i < size; i++) sum[i] += factor * row[i];
}

// The rows that the vector x of an example is compared with, and what each should say.
struct Targets {
  std::vector<float*> rows;
  std::vector<uint8_t> labels;
  void clear() {
    rows.clear();
    labels.clear();
  }
  void add(float* row, bool label, int64_t size) {
    rows.push_back(row);
    labels.push_back(label);
    for (int64_t i = 0; i < size; i += 16) __builtin_prefetch(row + i, 1);
  }
};

// Moves every row by its own gradient and gathers in `error` what x is to move by. Beyond the largest score, negative sampling takes
// the sigmoid as 0 or 1, and hierarchical softmax leaves the node as it is.
AUTODIDACT_CLONES void learn(const Targets& targets, bool isTree, const float* x, float* error, float rate, int64_t size,
                             WordTotals& totals) {
  float first = 0;
  double loss = 0;
  int64_t twiceRight = 0;
  const auto count = static_cast<int64_t>(targets.rows.size());
  for (int64_t k = 0; k < count; k++) {
    float* row = targets.rows[static_cast<size_t>(k)];
    const int label = targets.labels[static_cast<size_t>(k)];
    const float score = dot(x, row, size);
    if (isTree) {
      twiceRight += score == 0 ? 1 : (score > 0) == (label == 1) ? 2 : 0;
    } else if (k == 0) {
      first = score;
    } else {
      twiceRight += score == first ? 1 : score < first ? 2 : 0;
    }
    const bool isSaturated = isTree ? !(std::fabs(score) < kLargestScore) : !(std::fabs(score) <= kLargestScore);
    float probability;
    if (isSaturated) {
      loss += (score > 0) == (label == 1) ? 0 : std::fabs(score);
      if (isTree) continue;
      probability = score > 0 ? 1 : 0;
    } else {
      const int at = static_cast<int>((score + kLargestScore) * kStepsPerUnit + 0.5f);
      probability = curves.sigmoid[at];
      loss += curves.loss[label][at];
    }
    exchange(error, row, x, (static_cast<float>(label) - probability) * rate, size);
  }
  totals.loss += loss;
  totals.terms += count;
  totals.decisions += isTree ? count : std::max<int64_t>(0, count - 1);
  totals.right += static_cast<double>(twiceRight) / 2;
}

// ---------------------------------------------------------------------------------------------------------------------

// xorshift64* (Vigna 2016); the upper bits of each number are used.
class Random {
 public:
  explicit Random(uint64_t seed) {  // splitmix64, so that neighboring seeds share nothing
    seed += 0x9E3779B97F4A7C15ULL;
    seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBULL;
    state_ = (seed ^ (seed >> 31)) | 1;
  }
  // From 0 to bound - 1, which is below 2^32.
  int64_t below(int64_t bound) { return static_cast<int64_t>(((next() >> 32) * static_cast<uint64_t>(bound)) >> 32); }
  // From 0 to just under 1.
  float unit() { return static_cast<float>(next() >> 40) * 0x1p-24f; }

 private:
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }
  uint64_t state_;
};

// What all threads of a call know together.
struct Shared {
  const WordTables& tables;
  const WordText& text;
  const WordSettings& settings;
  int64_t total;                 // words of the text
  std::atomic<int64_t> done{0};  // of them, as far as the threads have said
};

class Worker {
 public:
  Worker(Shared& shared, uint64_t seed)
      : shared_(shared), tables_(shared.tables), settings_(shared.settings), random_(seed),
        error_(static_cast<size_t>(tables_.size)), mean_(static_cast<size_t>(tables_.size)),
        rate_(static_cast<float>(settings_.rate)) {}

  void read(int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * shared_.text.length;
      const int64_t* sentences = shared_.text.sentences == nullptr ? nullptr : shared_.text.sentences + at;
      const int64_t length = shared_.text.lengths[row];
      for (int64_t i = 0; i < length;) i = readSentence(shared_.text.ids + at, sentences, i, length);
    }
    shared_.done += unsaid_;
  }
  WordTotals totals;

 private:
  // Reads on from `i` to the end of a sentence and learns from it; returns where the next one begins.
  int64_t readSentence(const int64_t* ids, const int64_t* sentences, int64_t i, int64_t length) {
    if (unsaid_ > kWordsPerRate) setRate();
    sentence_.clear();
    const int64_t from = i;
    while (i < length && sentence_.size() < kLongestSentence && (sentences == nullptr || sentences[i] == sentences[from])) {
      const int64_t word = ids[i++];
      if (static_cast<uint64_t>(word) >= static_cast<uint64_t>(tables_.vocabulary))
        throw std::out_of_range("word number " + std::to_string(word) + " is not in a vocabulary of " +
                                std::to_string(tables_.vocabulary));
      if (word == 0) break;
      if (random_.unit() < tables_.keep[word]) sentence_.push_back(word);
    }
    unsaid_ += i - from;
    totals.words += i - from;
    totals.kept += static_cast<int64_t>(sentence_.size());
    const auto words = static_cast<int64_t>(sentence_.size());
    for (int64_t center = 0; center < words; center++) {
      const int64_t radius = 1 + random_.below(settings_.window);
      context_.clear();
      for (int64_t at = std::max<int64_t>(0, center - radius); at <= std::min(words - 1, center + radius); at++)
        if (at != center) context_.push_back(inputRow(sentence_[static_cast<size_t>(at)]));
      if (context_.empty()) continue;
      if (settings_.isSkipGram) learnPairs(sentence_[static_cast<size_t>(center)]);
      else learnMean(sentence_[static_cast<size_t>(center)]);
    }
    return i;
  }

  void setRate() {
    const int64_t done = shared_.done += unsaid_;
    unsaid_ = 0;
    const double share = static_cast<double>(done) / static_cast<double>(shared_.total);
    rate_ = static_cast<float>(settings_.rate + (settings_.finalRate - settings_.rate) * std::min(1.0, share));
  }

  // Every word of the context predicts the word in the middle.
  void learnPairs(int64_t center) {
    draw(center, 0);
    for (size_t k = 0; k < context_.size(); k++) {
      if (k + 1 < context_.size()) draw(center, (k + 1) & 1);
      learnExample(context_[k], k & 1);
      addTo(context_[k], error_.data(), 1, tables_.size);
    }
  }

  // The mean of the context predicts the word in the middle.
  void learnMean(int64_t center) {
    draw(center, 0);
    std::fill(mean_.begin(), mean_.end(), 0.f);
    const float share = 1 / static_cast<float>(context_.size());
    for (const float* row : context_) addTo(mean_.data(), row, share, tables_.size);
    learnExample(mean_.data(), 0);
    for (float* row : context_) addTo(row, error_.data(), settings_.isTrueGradient ? share : 1, tables_.size);
  }

  void learnExample(const float* x, size_t slot) {
    std::fill(error_.begin(), error_.end(), 0.f);
    totals.examples++;
    if (tables_.nodeOutput != nullptr) learn(path_[slot], true, x, error_.data(), rate_, tables_.size, totals);
    if (tables_.noiseOutput != nullptr) learn(negatives_[slot], false, x, error_.data(), rate_, tables_.size, totals);
  }

  // Finds and prefetches the rows of an example. A draw that hits the word itself is left out; the end of a sentence, which stands in
  // the noise table by its frequency, is replaced by any word.
  void draw(int64_t word, size_t slot) {
    if (tables_.nodeOutput != nullptr) {
      auto& path = path_[slot];
      path.clear();
      for (int64_t i = tables_.tree.starts[word]; i < tables_.tree.starts[word + 1]; i++)
        path.add(tables_.nodeOutput + tables_.tree.nodes[i] * tables_.size, tables_.tree.bits[i] == 0, tables_.size);
    }
    if (tables_.noiseOutput == nullptr) return;
    auto& negatives = negatives_[slot];
    negatives.clear();
    negatives.add(tables_.noiseOutput + word * tables_.size, true, tables_.size);
    for (int64_t k = 0; k < settings_.negatives; k++) {
      int64_t other = tables_.noise[random_.below(tables_.noiseCells)];
      if (other == 0) other = 1 + random_.below(tables_.vocabulary - 1);
      if (other != word) negatives.add(tables_.noiseOutput + other * tables_.size, false, tables_.size);
    }
  }

  float* inputRow(int64_t word) { return tables_.input + word * tables_.size; }

  Shared& shared_;
  const WordTables& tables_;
  const WordSettings& settings_;
  Random random_;
  std::vector<int64_t> sentence_;
  std::vector<float*> context_;
  std::vector<float> error_, mean_;
  Targets negatives_[2], path_[2];  // of the example at hand and the next
  int64_t unsaid_ = 0;              // words read that `Shared::done` does not have yet
  float rate_;
};

}  // namespace

WordTotals trainWords(const WordTables& tables, const WordText& text, const WordSettings& settings) {
  Shared shared{tables, text, settings, 0, {}};
  for (int64_t row = 0; row < text.rows; row++) shared.total += text.lengths[row];
  const int64_t count = std::max<int64_t>(1, std::min(settings.threads, text.rows));
  std::vector<Worker> workers;
  std::vector<std::exception_ptr> errors(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) workers.emplace_back(shared, settings.seed + static_cast<uint64_t>(i) * 0xD1B54A32D192ED03ULL);
  const auto work = [&](int64_t i) {
    try {
      workers[static_cast<size_t>(i)].read(text.rows * i / count, text.rows * (i + 1) / count);
    } catch (...) {
      errors[static_cast<size_t>(i)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(count));
  int64_t started = 1;
  try {
    for (; started < count; started++) threads.emplace_back(work, started);
  } catch (const std::system_error&) {
    // No more threads to be had: the rest is read here.
  }
  work(0);
  for (int64_t i = started; i < count; i++) work(i);
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  WordTotals totals;
  for (const auto& worker : workers) {
    totals.loss += worker.totals.loss;
    totals.words += worker.totals.words;
    totals.kept += worker.totals.kept;
    totals.examples += worker.totals.examples;
    totals.terms += worker.totals.terms;
    totals.decisions += worker.totals.decisions;
    totals.right += worker.totals.right;
  }
  return totals;
}

}  // namespace autodidact
