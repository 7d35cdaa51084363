// The std::stop_source of a term. Few terms are asked for a token, so it is made when the first one
// is wanted.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>

namespace tenure::impl {

/// Any thread may ask for tokens; one thread requests the stop.
class lazy_stop_source {
 public:
  lazy_stop_source() noexcept = default;
  lazy_stop_source(const lazy_stop_source&) = delete;
  lazy_stop_source& operator=(const lazy_stop_source&) = delete;
  ~lazy_stop_source() {
    std::stop_source* const left = source_.load(std::memory_order_acquire);
    if (left != requested()) delete left;
  }

  std::stop_token token() {
    std::stop_source* known = source_.load(std::memory_order_acquire);
    if (known == nullptr) {
      auto fresh = std::make_unique<std::stop_source>();
      if (source_.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) {
        known = fresh.release();
      }
    }
    return known->get_token();
  }
  /// A token whose stop is requested already.
  static std::stop_token requested_token() noexcept { return requested()->get_token(); }

  /// Requests the stop if no token was given out; false if one was: call request().
  bool request_if_unused() noexcept {
    std::stop_source* expected = nullptr;
    return source_.compare_exchange_strong(expected, requested(), std::memory_order_acq_rel) ||
           expected == requested();
  }
  /// Requests the stop and runs the callbacks. Idempotent.
  void request() noexcept {
    std::stop_source* const used = source_.exchange(requested(), std::memory_order_acq_rel);
    if (used == requested() || used == nullptr) return;
    // Kept: token() may be about to read it on another thread.
    used_.reset(used);
    used_->request_stop();
  }

 private:
  /// One for all terms, never destroyed: a token may outlive main().
  static std::stop_source* requested() noexcept {
    static std::stop_source* const one = [] {
      auto* const made = new std::stop_source();
      made->request_stop();
      return made;
    }();
    return one;
  }

  std::atomic<std::stop_source*> source_{nullptr};
  std::unique_ptr<std::stop_source> used_;  ///< of the thread that requests
};

}  // namespace tenure::impl
