// How many operations a transaction may have: 128 since Consul 1.14, 64 before. No answer says
// which, so one transaction of more than 64 tries; a server that refuses it executes nothing of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tenure/log.hpp>
#include <utility>

#include "consul/types.hpp"

namespace tenure::impl {

/// Shared by all transactions of an elections object.
class transaction_limit {
 public:
  static constexpr std::size_t small = 64;
  static constexpr std::size_t large = 128;

  explicit transaction_limit(std::shared_ptr<log_sink> log) : log_(std::move(log)) {}
  transaction_limit(const transaction_limit&) = delete;
  transaction_limit& operator=(const transaction_limit&) = delete;

  /// How many operations the next transaction may have.
  std::size_t most() const noexcept {
    return now_ == knowledge::unknown || now_ == knowledge::accepted ? large : small;
  }
  /// A transaction of this size is made. If it is the first large one, the others stay small until
  /// its answer is there.
  void made(std::size_t operations) noexcept {
    if (operations > small && now_ == knowledge::unknown) now_ = knowledge::trying;
  }
  /// Its answer. True if the server refused it as a whole and a smaller one may succeed.
  bool refused(std::size_t operations, const consul::txn_result& answer) noexcept {
    if (operations <= small) return false;
    if (answer.error == consul_errc::bad_request && answer.failures.empty()) {
      // Even where the server took as many before: another one may answer now, or one of the
      // operations is what it refuses.
      now_ = knowledge::refused;
      log_->log(log_level::debug, "transactions limited to 64 operations");
      return true;
    }
    if (now_ == knowledge::trying) {
      const bool understood = answer.committed || !answer.failures.empty();
      now_ = understood ? knowledge::accepted : knowledge::unknown;
    }
    return false;
  }
  /// It was made, and is not sent.
  void dropped(std::size_t operations) noexcept {
    if (operations > small && now_ == knowledge::trying) now_ = knowledge::unknown;
  }

 private:
  enum class knowledge : std::uint8_t { unknown, trying, accepted, refused };

  const std::shared_ptr<log_sink> log_;
  knowledge now_ = knowledge::unknown;
};

}  // namespace tenure::impl
