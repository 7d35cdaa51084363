// Carries out a transaction: all of its operations or none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/locks.hpp"
#include "agent/txn_request.hpp"
#include "text/json_writer.hpp"

namespace tenure::agent {

class txn_error {
 public:
  txn_error(std::size_t operation, std::string what)
      : operation(operation), what(std::move(what)) {}
  std::size_t operation;
  std::string what;
};

class transaction {
 public:
  transaction(kv_store& keys, locks& locks, std::vector<txn_operation>& operations)
      : keys_(keys), locks_(locks), operations_(operations) {}

  /// What Consul checks before it orders the transaction: keys and lock-delay. With an error
  /// nothing else is looked at.
  bool check_first(time_point now);
  /// Carries everything out at `index`; takes all of it back where anything fails.
  void run(std::uint64_t index);

  bool failed() const noexcept { return !errors_.empty(); }
  /// "Results" and "Errors" of the answer, into an open object.
  void write(text::json_writer& json) const;

 private:
  /// An error's text; empty where it worked.
  std::string run(std::uint64_t index, const std::string& verb, kv_fields& wanted);
  std::string read(const std::string& verb, const kv_fields& wanted);
  void add_result(const kv_fields& entry, bool with_value);

  kv_store& keys_;
  locks& locks_;
  std::vector<txn_operation>& operations_;
  std::vector<txn_error> errors_;
  text::json_writer results_;
};

}  // namespace tenure::agent
