// Applies a transaction: all of its operations or none.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/toolkit/json_writer.hpp>
#include <vector>

#include "agent/consul_version.hpp"
#include "agent/render/entries.hpp"
#include "agent/requests/txn_request.hpp"
#include "agent/state/locks.hpp"

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
  transaction(kv_store& keys, locks& locks, const consul_traits& traits,
              std::vector<txn_operation>& operations, time_point now)
      : keys_(keys), locks_(locks), traits_(traits), operations_(operations), now_(now) {}

  /// The checks that Consul makes before it orders the transaction: keys, lock-delay and, in later
  /// versions, verbs. False if one fails; then run() is not to be called.
  bool precheck();
  /// Applies all operations at `index`; rolls all of them back if one fails.
  void run(std::uint64_t index);

  bool failed() const noexcept { return !errors_.empty(); }
  /// Writes "Results" and "Errors" into an open object.
  void write(text::json_writer& json) const;

 private:
  /// Returns the error's text; empty on success.
  std::string apply(std::uint64_t index, const std::string& verb, kv_fields& wanted);
  std::string read(const std::string& verb, const kv_fields& wanted);
  void add_result(const kv_fields& entry, value_part part);

  kv_store& keys_;
  locks& locks_;
  const consul_traits& traits_;
  std::vector<txn_operation>& operations_;
  const time_point now_;
  std::vector<txn_error> errors_;
  text::json_writer results_;
};

}  // namespace tenure::agent
