// How a process takes part in a group of elections.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/time.hpp>
#include <utility>

namespace tenure {

/// One member of a group: its name, its candidacy, and how much of the group's leadership it takes.
/// All members of a group should agree on the span.
class membership {
 public:
  static constexpr std::size_t most_name = 255;            ///< bytes of a name
  static constexpr std::uint32_t most_weight = 1'000'000;  ///< the largest weight

  /// `name`: 1 to 255 bytes of UTF-8 without slashes and control characters, unique in the group
  /// and the same after a restart: operators drain and pin by it. `how`: the candidacy of every
  /// election that the member enters.
  membership(std::string name, candidacy how) : name_(std::move(name)), how_(std::move(how)) {}

  /// The member's share of the group's elections is its weight, divided by the sum of all members'
  /// weights. 0: it leads nothing. Default: 100; at most 1,000,000.
  membership& weight(std::uint32_t w) {
    weight_ = w;
    return *this;
  }
  /// It leads at most this number of elections. Default: no limit.
  membership& capacity(std::optional<std::uint32_t> most) {
    capacity_ = most;
    return *this;
  }
  /// For people and programs that read the group; the plan of shares ignores them.
  membership& labels(std::map<std::string, std::string> all) {
    labels_ = std::move(all);
    return *this;
  }
  /// A member that has just joined takes free elections, and those that have to move anyway, at
  /// once. It takes part in moves that only balance the group when this time has passed since its
  /// key was written. So a process that comes and goes moves nothing. Default: 10 s; 0 s: at once;
  /// at most 24 h.
  membership& settling_time(duration d) {
    settling_time_ = d;
    return *this;
  }
  /// How many elections a second this member hands over to balance the group. The rate does not
  /// hold for a member that leads more than its capacity, is drained, has weight 0, leaves or
  /// stops: it hands over as fast as Consul takes it. 1 or more; default: 100.
  membership& moves_per_second(std::uint32_t rate) {
    moves_per_second_ = rate;
    return *this;
  }
  /// How long the holder may take to end its term after term::hand_over_requested(). After that the
  /// member keeps the election for five minutes, and the plan moves another one. More than 0 s, at
  /// most 24 h; default: 30 s.
  membership& hand_over_limit(duration d) {
    hand_over_limit_ = d;
    return *this;
  }

  /// How long a body may take to end its term, after term::hand_over_requested(), when this member
  /// is drained or may lead nothing by its weight or capacity; it is stopped after that. Unset, the
  /// default: no body is asked, all are stopped at once. More than 0 s, at most 24 h.
  membership& drain_limit(std::optional<duration> d) {
    drain_limit_ = d;
    return *this;
  }

  const std::string& name() const noexcept { return name_; }  ///< as given
  const candidacy& how() const noexcept { return how_; }      ///< as given
  std::uint32_t weight() const noexcept { return weight_; }   ///< as set
  /// As set; none: no limit.
  std::optional<std::uint32_t> capacity() const noexcept { return capacity_; }
  const std::map<std::string, std::string>& labels() const noexcept { return labels_; }  ///< as set
  duration settling_time() const noexcept { return settling_time_; }                     ///< as set
  std::uint32_t moves_per_second() const noexcept { return moves_per_second_; }          ///< as set
  duration hand_over_limit() const noexcept { return hand_over_limit_; }                 ///< as set
  /// As set; unset: none.
  const std::optional<duration>& drain_limit() const noexcept { return drain_limit_; }

  /// Throws bad_configuration with one line that names the value and the limit.
  void check() const;

 private:
  std::string name_;
  candidacy how_;
  std::uint32_t weight_ = 100;
  std::optional<std::uint32_t> capacity_;
  std::map<std::string, std::string> labels_;
  duration settling_time_ = std::chrono::seconds(10);
  std::uint32_t moves_per_second_ = 100;
  duration hand_over_limit_ = std::chrono::seconds(30);
  std::optional<duration> drain_limit_;
};

}  // namespace tenure
