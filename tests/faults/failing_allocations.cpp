#include "tests/faults/failing_allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <sqlite3.h>

namespace playmirror::test {
namespace {

std::atomic<bool> counting{false};
std::atomic<long> made{0};
std::atomic<long> fails_at{0};  ///< 0: none
std::atomic<bool> fails_on{false};

bool refused() {
  if (!counting) return false;
  const long number = ++made;
  return number == fails_at || (fails_on && fails_at > 0 && number > fails_at);
}

sqlite3_mem_methods sqlite_methods;

void* allocate_for_sqlite(int size) { return refused() ? nullptr : sqlite_methods.xMalloc(size); }

void* reallocate_for_sqlite(void* memory, int size) {
  return refused() ? nullptr : sqlite_methods.xRealloc(memory, size);
}

/// SQLite takes other functions only before its first use.
const bool sqlite_is_prepared = [] {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_methods) != SQLITE_OK) std::abort();
  sqlite3_mem_methods methods = sqlite_methods;
  methods.xMalloc = allocate_for_sqlite;
  methods.xRealloc = reallocate_for_sqlite;
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) std::abort();
  return true;
}();

}  // namespace

void* try_to_allocate(std::size_t size) {
  return refused() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

void* allocate(std::size_t size) {
  void* memory = try_to_allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

long count_allocations(const std::function<void()>& work) {
  with_failing_allocation(0, false, work);
  return made;
}

void with_failing_allocation(long number, bool for_ever, const std::function<void()>& work) {
  struct Armed {
    ~Armed() { counting = false; }
  };
  made = 0;
  fails_at = number;
  fails_on = for_ever;
  const Armed armed;
  counting = true;
  work();
}

}  // namespace playmirror::test

void* operator new(std::size_t size) { return playmirror::test::allocate(size); }
void* operator new[](std::size_t size) { return playmirror::test::allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  return playmirror::test::try_to_allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  return playmirror::test::try_to_allocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
