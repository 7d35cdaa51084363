// Why the last request of an election or of a semaphore failed, and when that request was made: an
// operation reports only errors of requests that were made after it was called.
#pragma once

#include <memory>
#include <tenure/error.hpp>
#include <tenure/time.hpp>

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
  /// A request that was made at `asked` failed.
  void note(const error_code& why, time_point asked) {
    if (!failure_) failure_ = std::make_unique<failure>();
    *failure_ = failure{why, asked, true};
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
  };
  std::unique_ptr<failure> failure_;
};

}  // namespace tenure::impl
