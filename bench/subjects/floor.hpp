// The floor: raw requests without any logic, one thread. What it does not do (leases, proofs,
// quarantines, errors) is what makes it the floor and not a candidate that anybody should use.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "raw_http.hpp"

namespace raw {

/// What all parts need.
class surroundings {
 public:
  loop io;
  std::string host;
  int port = 0;
  void say(const char* format, ...) __attribute__((format(printf, 2, 3)));
};

/// The key of the n-th of many elections: spread as tenure::sharded_key does it.
std::string key_of(const std::string& prefix, std::size_t n);
/// The number with which the decoded text begins; 0 where it begins with none.
std::int64_t number_in(std::string_view base64_text);
/// The ID in the answer of session/create.
std::string session_in(const response& answer);
/// The body of session/create: no TTL, no checks, no lock-delay.
extern const char* const bare_session;

/// One session, one key: polls it, and takes it when it is free.
class candidate {
 public:
  candidate(surroundings& around, std::size_t id, std::string key);
  void stand();
  /// With a new session, where the old one was destroyed.
  void stand_afresh();
  void release();
  const std::string& session() const { return session_; }

 private:
  void poll();
  void seen(const response& answer);
  void acquire();

  surroundings& around_;
  std::size_t id_;
  std::string key_;
  connection polls_;
  connection requests_;
  std::string session_;
  std::uint64_t index_ = 0;
  bool standing_ = false;
  bool free_ = false;
};

/// One session, many keys.
class many {
 public:
  /// `guarded`: takes keys only while there are none, which costs an operation more each.
  many(surroundings& around, std::size_t connections, bool guarded);
  /// Takes the keys 0 to N-1 below the prefix by transactions of 64 operations, and says
  /// `all N T0 T1`.
  void take(const std::string& prefix, std::size_t n, const std::string& value);
  /// The same as soon as key 0 is free.
  void take_over(const std::string& prefix, std::size_t n, const std::string& value);
  /// Writes the current time to random keys of its own, so often a second, for so long.
  void change(const std::string& prefix, std::size_t n, std::int64_t rate, std::int64_t seconds);

 private:
  void create_session(std::function<void()> then);
  void take_next(connection& by);
  void wait_free();
  void change_one();

  surroundings& around_;
  bool guarded_;
  std::vector<std::unique_ptr<connection>> connections_;
  connection polls_;
  std::string session_;
  std::string prefix_;
  std::string value_;
  std::size_t wanted_ = 0;
  std::size_t asked_ = 0;
  std::size_t taken_ = 0;
  std::int64_t begun_ = 0;
  std::uint64_t index_ = 0;
  std::uint64_t random_ = 88172645463325252ull;
  std::int64_t change_every_ = 0;
  std::int64_t next_change_ = 0;
  std::int64_t change_end_ = 0;
  std::size_t changed_ = 0;
};

/// Follows the changes of many keys by a blocking query for each of their 64 folders.
class observer {
 public:
  observer(surroundings& around, const std::string& prefix, std::size_t n);
  /// How long ago each value that was seen since the last call had been written.
  void tell_latencies();

 private:
  class folder {
   public:
    folder(loop& l, const std::string& host, int port, std::string where)
        : polls(l, host, port), target(std::move(where)) {}
    connection polls;
    std::string target;
    std::uint64_t index = 0;
  };
  void poll(folder& f);
  void seen(folder& f, const response& answer);

  surroundings& around_;
  std::size_t n_;
  std::size_t silent_;  ///< folders that were not seen yet
  std::int64_t begun_;
  std::vector<std::unique_ptr<folder>> folders_;
  std::vector<std::int64_t> latencies_;
};

}  // namespace raw
