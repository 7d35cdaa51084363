// The floor: raw requests without any logic, on one thread. It has no leases, proofs, quarantines
// or error handling: so it is fast, a lower bound for every client, and unsafe to use.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "raw_http.hpp"

namespace raw {

/// What all parts share.
class context {
 public:
  loop io;
  std::string host;
  int port = 0;
  void say(const char* format, ...) __attribute__((format(printf, 2, 3)));
};

/// The key of the n-th of many elections, as tenure::sharded_key makes it.
std::string key_of(const std::string& prefix, std::size_t n);
/// The number with which the decoded text begins; 0 where it begins with none.
std::int64_t number_in(std::string_view base64_text);
/// The ID in the response to session/create.
std::string session_in(const response& answer);
/// The body of session/create: no TTL, no checks, no lock-delay.
extern const char* const bare_session;

/// One session, one key: polls the key, and acquires it when it is free.
class candidate {
 public:
  candidate(context& shared, std::size_t id, std::string key);
  void stand();
  /// With a new session, after the old one was destroyed.
  void stand_afresh();
  void release();
  /// Releases the key and locks it for another session in one transaction.
  void hand_over(const std::string& to);
  const std::string& session() const { return session_; }

 private:
  void poll();
  void seen(const response& answer);
  void acquire();

  context& shared_;
  std::size_t id_;
  std::string key_;
  connection polls_;
  connection requests_;
  std::string session_;
  std::uint64_t index_ = 0;
  bool standing_ = false;
  bool free_ = false;
  bool holds_ = false;
};

enum class acquisition {
  plain,
  guarded,  ///< acquires a key only if it does not exist: one more operation per key
};

/// How many keys are acquired at once.
struct bulk {
  acquisition how = acquisition::plain;
  std::size_t operations = 64;  ///< of a transaction
};

/// One session, many keys.
class many {
 public:
  many(context& shared, std::size_t connections, bulk how);
  /// Acquires the keys 0 to N-1 below the prefix by transactions, and reports `all N T0 T1`.
  void take(const std::string& prefix, std::size_t n, const std::string& value);
  /// The same as soon as key 0 is free.
  void take_over(const std::string& prefix, std::size_t n, const std::string& value);
  /// Writes the current time to random keys that it holds, `rate` times a second.
  void change(const std::string& prefix, std::size_t n, std::int64_t rate, std::int64_t seconds);
  /// Creates a second session and hands it the held keys below the prefix: three operations a key,
  /// as in a hand-over of a group. Reports `handed N T0 T1`.
  void hand_over(const std::string& prefix);

 private:
  void hand_next(connection& by);
  void list_held(const std::string& listing);
  void create_session(std::function<void()> then);
  void take_next(connection& by);
  void wait_free();
  void change_one();

  context& shared_;
  bulk how_;
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
  std::string next_session_;
  std::vector<std::pair<std::string, std::string>> held_;  ///< keys and their ModifyIndex
};

/// The operations that move a key from one session to another, where nothing has changed it since.
std::string hand_over_operations(const std::string& key, const std::string& index,
                                 const std::string& from, const std::string& to,
                                 const std::string& value);

/// Follows the changes of many keys by a blocking query for each of their 64 folders.
class observer {
 public:
  observer(context& shared, const std::string& prefix, std::size_t n);
  /// Reports the time from writing to seeing each value that it has seen since the last call.
  void report_latencies();

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

  context& shared_;
  std::size_t n_;
  std::size_t unseen_;  ///< folders without an answer so far
  std::int64_t begun_;
  std::vector<std::unique_ptr<folder>> folders_;
  std::vector<std::int64_t> latencies_;
};

}  // namespace raw
