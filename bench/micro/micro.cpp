// tenure_micro CASE TIMES: runs one case, and reports its metrics.
#include "micro.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <vector>

#include "consul/parse.hpp"
#include "runtime/timer_heap.hpp"

namespace micro {

void report(const char* metric, const char* unit, double value) {
  std::printf("%s %s %.3f\n", metric, unit, value);
}

namespace {

constexpr std::size_t keys = 10'000;
constexpr std::size_t timers = 10'000;

double seconds_since(tenure::time_point begun) {
  return std::chrono::duration<double>(tenure::boot_clock::now() - begun).count();
}

/// Consul's response to a recursive query: 10,000 keys, all of them held.
std::string listing() {
  std::string body = "[";
  for (std::size_t i = 0; i < keys; ++i) {
    const std::string n = std::to_string(100'000 + i);
    if (i > 0) body += ',';
    body += R"({"LockIndex":1,"Key":"micro/tenant-)" + n +
            R"(","Flags":3304740253564472344,"Value":"aG9zdC0xLmV4YW1wbGU6ODA4MA==",)"
            R"("Session":"6bb1e0a5-9d1e-5a3e-0ad7-d2d41d5b9a4c","CreateIndex":)" +
            n + R"(,"ModifyIndex":)" + n + "}";
  }
  return body + "]";
}

/// Parses every key into an entry.
void json(std::size_t times) {
  std::string body = listing();
  const std::size_t size = body.size();
  tenure::consul::parser parser;
  const auto begun = tenure::boot_clock::now();
  for (std::size_t i = 0; i < times; ++i) {
    std::vector<tenure::consul::kv_entry> entries;
    if (parser.kv(body, entries) || entries.size() != keys) std::abort();
  }
  report("json_entries", "GB/s", static_cast<double>(size * times) / 1e9 / seconds_since(begun));
}

class counting final : public tenure::consul::kv_reader {
 public:
  bool wants(const tenure::consul::key_header& seen) override {
    newest = std::max(newest, seen.modify_index);
    ++count;
    return false;
  }
  void take(tenure::consul::kv_entry) override {}

  std::size_t count = 0;
  std::uint64_t newest = 0;
};

/// Reads only the header of every key, as a watch does to find the changed ones.
void json_glance(std::size_t times) {
  std::string body = listing();
  const std::size_t size = body.size();
  tenure::consul::parser parser;
  counting reader;
  const auto begun = tenure::boot_clock::now();
  for (std::size_t i = 0; i < times; ++i) {
    if (parser.kv(body, reader)) std::abort();
  }
  if (reader.count != keys * times) std::abort();
  report("json_listing", "GB/s", static_cast<double>(size * times) / 1e9 / seconds_since(begun));
}

/// Arms all timers, moves half of them, fires all.
void timer_heap(std::size_t times) {
  using tenure::runtime::timer;
  static std::size_t fired = 0;
  std::vector<std::unique_ptr<timer>> all;
  for (std::size_t i = 0; i < timers; ++i) {
    all.push_back(std::make_unique<timer>([](timer&) noexcept { ++fired; }));
  }
  tenure::runtime::timer_heap heap;
  const auto begun = tenure::boot_clock::now();
  std::uint64_t random = 88172645463325252ull;
  const auto at = [&](std::size_t round) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return tenure::time_point(std::chrono::nanoseconds(round * 2'000'000 + random % 1'000'000));
  };
  for (std::size_t round = 0; round < times; ++round) {
    for (const auto& t : all) heap.arm(*t, at(round));
    for (std::size_t i = 0; i < timers; i += 2) heap.arm(*all[i], at(round));
    heap.fire_due(at(round + 1));
  }
  if (fired != timers * times) std::abort();
  report("timer_arm_move_fire", "ns",
         seconds_since(begun) * 1e9 / static_cast<double>(times * timers));
}

int run(std::string_view name, std::size_t times) {
  if (name == "json") {
    json(times);
  } else if (name == "json-glance") {
    json_glance(times);
  } else if (name == "timer-heap") {
    timer_heap(times);
  } else if (name == "elections") {
    elections(times, nullptr);
  } else if (name == "elections-metered") {
    elections(times, std::make_shared<tenure::metrics_registry>());
  } else if (name == "election-memory") {
    election_memory();
  } else {
    std::fprintf(stderr, "micro: no case '%s'\n", std::string(name).c_str());
    return 64;
  }
  return 0;
}

}  // namespace
}  // namespace micro

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  return micro::run(argv[1], std::strtoul(argv[2], nullptr, 10));
}
