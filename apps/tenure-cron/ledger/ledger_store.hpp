// How the ledger reads and writes Consul. An interface, so that a test can lose an answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <tenure/error.hpp>
#include <tenure/term.hpp>
#include <utility>
#include <vector>

namespace tenure::cron {

/// A key of the ledger as it is stored.
class ledger_entry {
 public:
  ledger_entry(std::string k, std::string v, std::uint64_t i)
      : key(std::move(k)), value(std::move(v)), modify_index(i) {}

  std::string key;
  std::string value;
  std::uint64_t modify_index = 0;
};

/// How a write under the guard of a term ended.
class write_outcome {
 public:
  enum class kind {
    done,         ///< all of it happened
    refused,      ///< nothing happened: a key did not have the index that was expected
    not_leading,  ///< nothing happened: the term is over
    unknown,      ///< the answer was lost: it may or may not have happened, or happen later
    failed        ///< nothing happened, for a reason that may go away
  };

  kind how = kind::failed;
  std::uint64_t index = 0;  ///< ModifyIndex of what was set; 0: not known
  std::string detail;       ///< for a log line; empty: the library has logged why
};

/// "done", "refused", "not_leading", "unknown", "failed"
const char* to_string(write_outcome::kind how) noexcept;

/// A missing right, and an outage: the library logs them once, for all who meet them.
bool is_logged_by_library(const error_code& why) noexcept;

class ledger_store {
 public:
  virtual ~ledger_store() = default;

  /// Those keys that exist, read linearizably. Throws system_error.
  virtual boost::asio::awaitable<std::vector<ledger_entry>> read(std::vector<std::string> keys) = 0;
  /// The keys below a prefix, read linearizably. Throws system_error.
  virtual boost::asio::awaitable<std::vector<ledger_entry>> list(std::string prefix) = 0;
  /// One transaction under the guard of the term. Writes of many terms that are made in one turn
  /// of the loop may share one. Throws nothing but operation_aborted.
  virtual boost::asio::awaitable<write_outcome> write(term leading, leader_writes writes) = 0;
};

}  // namespace tenure::cron
