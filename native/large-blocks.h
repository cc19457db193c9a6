// The CPU allocator of large tensors, with a check of the available memory. Linux only: elsewhere libtorch's own allocator
// stays in place, without a check.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace autodidact {

// Bytes allocated between two checks: a check reads /proc, about 30 us; touching 64 MiB of fresh pages takes far longer.
constexpr size_t kCheckedBytes = size_t{64} << 20;

inline std::string showBytes(size_t bytes) {
  const bool isLarge = bytes >= size_t{1} << 30;
  char text[32];
  std::snprintf(text, sizeof text, isLarge ? "%.2f GiB" : "%.2f MiB", static_cast<double>(bytes) / (1 << (isLarge ? 30 : 20)));
  return text;
}

}  // namespace autodidact

#ifdef __linux__

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <unordered_map>

namespace autodidact {

// Memory limit of the process's control group; the largest number when there is none.
inline std::atomic<size_t> memoryLimit = std::numeric_limits<size_t>::max();

inline size_t difference(size_t a, size_t b) { return a > b ? a - b : 0; }

// Bytes of anonymous memory that this process holds.
inline size_t residentBytes() {
  size_t total = 0, resident = 0, ofFiles = 0;
  std::ifstream("/proc/self/statm") >> total >> resident >> ofFiles;
  return difference(resident, ofFiles) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Bytes that can still be allocated. Linux grants more memory than it has and kills a process that touches it; `allocated`
// counts the bytes granted so far, touched or not.
inline size_t availableBytes(size_t allocated) {
  std::ifstream meminfo("/proc/meminfo");  // lines such as "MemTotal:       24684092 kB"
  std::map<std::string, size_t> bytes;
  std::string name;
  for (size_t kilobytes; meminfo >> name >> kilobytes; meminfo.ignore(80, '\n')) bytes[name] = kilobytes << 10;
  if (!bytes.contains("MemAvailable:")) return std::numeric_limits<size_t>::max();
  return std::min({bytes["MemAvailable:"] + bytes["SwapFree:"],
                   difference(bytes["MemTotal:"] + bytes["SwapTotal:"], allocated),
                   difference(memoryLimit, std::max(allocated, residentBytes()))});
}

inline void refuse(size_t wanted, size_t available) {
  TORCH_CHECK_WITH(OutOfMemoryError, false, "not enough memory for ", showBytes(wanted), ": ", showBytes(available), " are available");
}

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

  // Throws when `bytes` more would exceed the memory, after the idle blocks have been unmapped.
  static void require(size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex);
    ensure(bytes);
  }

 private:
  static constexpr size_t kLarge = 1 << 20, kHugePage = 2 << 20, kSlack = size_t{1} << 30;
  struct Block {
    void* mapping;
    size_t mappedBytes, size;
    size_t requested;  // bytes of the tensor; the pages after them are never touched
    size_t idleSince;  // value of `returned` when the block was returned
  };
  static inline std::mutex mutex;
  static inline std::unordered_map<void*, Block> blocks;
  static inline std::multimap<size_t, void*> idle;  // by size
  static inline size_t usedBytes = 0, mostUsedBytes = 0, idleBytes = 0;
  static inline size_t requestedBytes = 0, uncheckedBytes = 0, made = 0, returned = 0;

  static void ensure(size_t bytes) {
    for (size_t available; (available = availableBytes(requestedBytes)) < bytes; unmapOldest())
      if (idle.empty()) refuse(bytes, available);
  }

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
      if ((uncheckedBytes += bytes) >= kCheckedBytes) {
        ensure(bytes);
        uncheckedBytes = 0;
      }
      data = map(size);
    }
    Block& block = blocks.at(data);
    block.requested = bytes;
    requestedBytes += bytes;
    usedBytes += block.size;
    mostUsedBytes = std::max(mostUsedBytes, usedBytes);
    return data;
  }

  static void* map(size_t size) {
    // Huge pages begin at multiples of their size. Blocks that all begin there compete for the same cache sets, so each
    // block begins at another offset. Pages that are never touched cost nothing.
    const size_t mappedBytes = size + 2 * kHugePage, color = made++ % 16 * (4096 + 256);
    void* mapping;
    while ((mapping = mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED) {
      if (idle.empty()) refuse(size, availableBytes(requestedBytes));
      unmapOldest();
    }
    char* page = static_cast<char*>(mapping) + (kHugePage - reinterpret_cast<uintptr_t>(mapping) % kHugePage);
    madvise(page, size + color, MADV_HUGEPAGE);
    blocks[page + color] = {mapping, mappedBytes, size, 0, 0};
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
    Block& block = found->second;
    block.idleSince = ++returned;
    requestedBytes -= block.requested;
    usedBytes -= block.size;
    idleBytes += block.size;
    idle.emplace(block.size, data);
  }
};

inline void requireMemory(size_t bytes) {
  if (bytes >= kCheckedBytes) LargeBlocks::require(bytes);
}

inline void setMemoryLimit(size_t bytes) { memoryLimit = bytes; }

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

inline void requireMemory(size_t) {}
inline void setMemoryLimit(size_t) {}
inline void installAllocator() {}

}  // namespace autodidact

#endif
