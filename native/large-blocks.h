// The CPU allocator for large tensors. Linux only: elsewhere `installAllocator` leaves libtorch's own allocator in place.
#pragma once

#ifdef __linux__

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

namespace autodidact {

// Faulting in fresh pages costs more than the arithmetic on them. Blocks of 1 MiB and more are therefore mapped once, on
// huge pages where the system has them, and reused; smaller ones come from libtorch's own allocator. Idle blocks are
// unmapped, longest idle first, before the mapped bytes exceed the peak use by more than a quarter plus 1 GiB.
class LargeBlocks final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes < kLarge ? c10::alloc_cpu(bytes) : take(bytes);
    return {data, data, bytes < kLarge ? &c10::free_cpu : &giveBack, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &giveBack; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

 private:
  static constexpr size_t kLarge = 1 << 20, kHugePage = 2 << 20, kSlack = size_t{1} << 30;
  struct Block {
    void* mapping;
    size_t mappedBytes, size;
    size_t idleSince;  // value of `returned` when the block was given back
  };
  static inline std::mutex mutex;
  static inline std::unordered_map<void*, Block> blocks;
  static inline std::multimap<size_t, void*> idle;  // by size
  static inline size_t usedBytes = 0, mostUsedBytes = 0, idleBytes = 0, made = 0, returned = 0;

  static void* take(size_t bytes) {
    // Eight sizes per power of two: a block fits tensors of similar size, and at most an eighth is wasted.
    const size_t step = std::bit_floor(bytes) / 8;
    const size_t size = (bytes + step - 1) / step * step;
    const std::lock_guard<std::mutex> lock(mutex);
    void* data;
    if (auto found = idle.lower_bound(size); found != idle.end() && found->first <= size + size / 4) {
      found = std::prev(idle.upper_bound(found->first));  // the most recently returned of its size may still be in the caches
      data = found->second;
      idleBytes -= found->first;
      idle.erase(found);
    } else {
      const size_t most = std::max(mostUsedBytes, usedBytes + size);
      while (!idle.empty() && usedBytes + idleBytes + size > most + most / 4 + kSlack) unmapOldest();
      data = map(size);
    }
    usedBytes += blocks.at(data).size;
    mostUsedBytes = std::max(mostUsedBytes, usedBytes);
    return data;
  }

  static void* map(size_t size) {
    // Huge pages begin at multiples of their size. Blocks that all begin there compete for the same cache sets, so each
    // block begins at another offset. Pages that are never touched cost nothing.
    const size_t mappedBytes = size + 2 * kHugePage, color = made++ % 16 * (4096 + 256);
    void* mapping;
    while ((mapping = mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) == MAP_FAILED) {
      TORCH_CHECK_WITH(OutOfMemoryError, !idle.empty(), "there is no memory for a tensor of ", size, " bytes");
      unmapOldest();
    }
    char* page = static_cast<char*>(mapping) + (kHugePage - reinterpret_cast<uintptr_t>(mapping) % kHugePage);
    madvise(page, size + color, MADV_HUGEPAGE);
    blocks[page + color] = {mapping, mappedBytes, size, 0};
    return page + color;
  }

  static void unmapOldest() {
    const auto oldest = std::min_element(idle.begin(), idle.end(), [](const auto& a, const auto& b) {
      return blocks.at(a.second).idleSince < blocks.at(b.second).idleSince;
    });
    const auto& block = blocks.at(oldest->second);
    munmap(block.mapping, block.mappedBytes);
    idleBytes -= block.size;
    blocks.erase(oldest->second);
    idle.erase(oldest);
  }

  static void giveBack(void* data) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = blocks.find(data);
    if (found == blocks.end()) return c10::free_cpu(data);
    found->second.idleSince = ++returned;
    usedBytes -= found->second.size;
    idleBytes += found->second.size;
    idle.emplace(found->second.size, data);
  }
};

inline void installAllocator() {
  static LargeBlocks blocks;
  c10::SetCPUAllocator(&blocks, /*priority=*/1);
#ifdef __GLIBC__
  // For the libraries below libtorch, which call malloc themselves. 32 MiB is the largest threshold that glibc accepts.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

}  // namespace autodidact

#else

namespace autodidact {

inline void installAllocator() {}

}  // namespace autodidact

#endif
