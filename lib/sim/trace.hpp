// The ordered events of a run. All of them go into one hash, which makes two runs of a seed
// comparable; on request each is also printed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

namespace tenure::sim {

class trace_event {
 public:
  std::string_view who;   ///< a process, "server", ...
  std::string_view what;  ///< a word or two
  std::string_view detail{};
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

class trace {
 public:
  void note(time_point now, const trace_event& event);

  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t lines() const noexcept { return lines_; }
  /// From now on prints every event there.
  void print_to(std::FILE* out) noexcept { out_ = out; }
  bool printing() const noexcept { return out_ != nullptr; }
  /// A line for the reader only, not in the hash.
  void remark(time_point now, std::string_view who, std::string_view text);

 private:
  void print(time_point now, std::string_view who, std::string_view what, std::string_view detail);
  void mix(std::uint64_t value) noexcept;
  void mix(std::string_view text) noexcept;

  std::uint64_t hash_ = 1469598103934665603ULL;
  std::uint64_t lines_ = 0;
  std::FILE* out_ = nullptr;
};

}  // namespace tenure::sim
