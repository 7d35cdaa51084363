// The library as a subject of the benchmarks. It uses only the public headers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tenure/consul_connections.hpp>
#include <tenure/elections.hpp>
#include <vector>

namespace subject {

/// Prints one line to standard output, unbuffered.
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::int64_t now_ns();

class settings {
 public:
  tenure::consul_config consul{};
  tenure::elections_options options;
  tenure::duration span = std::chrono::seconds(15);
  std::optional<tenure::duration> many_span;  ///< the span of `many`, if it differs
  tenure::duration ttl = std::chrono::seconds(15);
  std::optional<tenure::duration> lock_delay;

  tenure::candidacy candidacy(std::string value) const;
};

/// One election with its own `elections` object, session and connections: it represents a separate
/// process.
class candidate {
 public:
  candidate(boost::asio::io_context& io, const settings& s, std::size_t id, const std::string& key);
  /// One election of a shared `elections` object, whose owner passes on its events.
  candidate(tenure::elections& shared, const settings& s, std::size_t id, const std::string& key);

  void stand() { election_->stand(); }
  void release(boost::asio::io_context& io);
  /// Resigns a lost term, and stands again.
  void stand_afresh(boost::asio::io_context& io);
  std::string session() const { return election_->current().session(); }
  void on_event(const tenure::event& change);
  const std::string& key() const { return election_->key(); }

 private:
  boost::asio::awaitable<void> follow();
  boost::asio::awaitable<void> resign_and_stand();
  std::size_t id_;
  tenure::term reported_;
  std::optional<tenure::elections> own_;
  std::optional<tenure::election> election_;
};

/// Thousands of elections in one `elections` object.
class many {
 public:
  many(boost::asio::io_context& io, const settings& s);
  many(boost::asio::io_context& io, const settings& s, tenure::elections where);

  tenure::elections& elections() { return elections_; }
  /// Stands for the keys 0 to N-1 below the prefix. Reports `all N T0 T1` once it leads them all,
  /// and `watching N T0 T1` once it has seen another leader of each.
  void enter(const std::string& prefix, std::size_t n, const std::string& value);
  /// Passes on the events of another election of this `elections` object.
  void pass_events_to(candidate& other) { others_.push_back(&other); }
  /// Reports the time from writing to seeing the value, for each change seen since the last call.
  void report_latencies();
  /// Shuts down, and reports `left T0 T1`.
  boost::asio::awaitable<void> leave();

 private:
  boost::asio::awaitable<void> follow();
  void on_event(const tenure::event& change, std::int64_t now);
  void give_back(std::size_t i, const tenure::term& over);

  boost::asio::io_context& io_;
  settings settings_;
  tenure::elections elections_;
  std::vector<tenure::election> entered_;
  std::vector<candidate*> others_;
  std::vector<bool> led_;
  std::vector<bool> seen_;
  std::map<std::size_t, tenure::term> given_back_;  ///< lost terms
  std::size_t leading_ = 0;
  std::size_t watching_ = 0;
  std::size_t lost_ = 0;
  std::int64_t begun_ = 0;
  std::vector<std::int64_t> latencies_;
};

}  // namespace subject
