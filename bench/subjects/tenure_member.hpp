// A member of a group as a subject of the benchmarks, or the same elections without a group.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <tenure/group.hpp>
#include <utility>
#include <vector>

#include "tenure_subject.hpp"

namespace subject {

/// How long a member settles, and how many elections a second it moves by choice.
class group_settings {
 public:
  tenure::duration settling_time = std::chrono::seconds(0);
  std::uint32_t moves_per_second = 100;
};

/// Elections that a process leads by bodies, in its own `elections` object. A body works until the
/// plan asks for a hand-over or the body is cancelled, and records when it began and ended.
class member {
 public:
  enum class reports {
    at_once,   ///< `leading ID T` and `releasing ID T`
    collected  ///< tell_state(), tell_records()
  };

  /// In a group; an empty prefix: in none.
  member(boost::asio::io_context& io, const settings& s, const group_settings& g,
         const std::string& group, const std::string& name);

  void enter(std::string key, reports how, std::size_t id);
  void set_weight(std::uint32_t weight) { group_->set_weight(weight); }
  /// `state LEADS BEGUN LAST`: the elections that it leads, the terms that have begun so far, and
  /// the time of the last begin or end.
  void tell_state() const;
  /// `begins I T I T ...` and `ends I T ...` since the last call.
  void tell_records();
  /// Leaves the group, and reports `left T0 T1`.
  boost::asio::awaitable<void> leave();

 private:
  class body;
  class one {
   public:
    one(tenure::election e, reports h, std::size_t i) : election(std::move(e)), how(h), id(i) {}
    tenure::election election;
    reports how;
    std::size_t id;
  };

  boost::asio::awaitable<void> serve(one& served);
  void began(const one& o);
  void ended(const one& o);

  boost::asio::io_context& io_;
  tenure::candidacy how_;
  tenure::elections elections_;
  std::optional<tenure::group> group_;
  std::deque<one> entered_;
  std::vector<std::pair<std::size_t, std::int64_t>> begins_, ends_;
  std::size_t leads_ = 0;
  std::size_t begun_ = 0;
  std::int64_t last_ = 0;
};

}  // namespace subject
