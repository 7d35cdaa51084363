// What happened in a run, in order: every event goes into one hash, so that two runs of a seed can
// be compared, and is printed where somebody wants to read it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

namespace tenure::sim {

class trace {
 public:
  /// `who` is a process, "server", ...; `what` a word; `detail` and the numbers whatever belongs to
  /// it.
  void note(time_point now, std::string_view who, std::string_view what,
            std::string_view detail = {}, std::uint64_t a = 0, std::uint64_t b = 0);

  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t lines() const noexcept { return lines_; }
  /// From now on lines are printed there.
  void print_to(std::FILE* out) noexcept { out_ = out; }
  bool printing() const noexcept { return out_ != nullptr; }
  /// A line for the reader alone: it is no part of the hash.
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
