// Why the last request of an election or of a semaphore failed, and when that request was made: an
// operation reports only errors of requests that were made after it was called.
#pragma once

#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>

#include "consul/types.hpp"

namespace tenure::impl {

/// Small while there is none: there are thousands of these.
class request_error {
 public:
  const error_code& code() const noexcept {
    static const error_code none;
    return failure_ ? failure_->code : none;
  }
  /// A request succeeded.
  void clear() noexcept { failure_.reset(); }
  /// One line about that failure; empty if nothing more than the code is known.
  const std::string& detail() const noexcept {
    static const std::string none;
    return failure_ ? failure_->detail : none;
  }
  /// A request that was made at `asked` failed.
  void note(const error_code& why, time_point asked, std::string detail = std::string()) {
    if (!failure_) failure_ = std::make_unique<failure>();
    *failure_ = failure{why, asked, true, std::move(detail)};
  }
  void note(const consul::answer_base& failed) {
    note(failed.error, failed.sent_at, failed.detail);
  }

  /// An operation begins: what failed so far is no concern of it.
  void begin_operation() noexcept {
    if (failure_) failure_->current = false;
  }
  /// Whether a request that was made at `since` or later failed for good (error_kind::fatal).
  bool fatal_since(time_point since) const noexcept {
    return failure_ && failure_->current && failure_->asked >= since &&
           failure_->code == error_kind::fatal;
  }

 private:
  struct failure {
    error_code code;
    time_point asked;
    bool current = false;  ///< since the running operation began
    std::string detail;
  };
  std::unique_ptr<failure> failure_;
};

}  // namespace tenure::impl
