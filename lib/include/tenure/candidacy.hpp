// How a candidate stands: what it publishes, and the timing of its lease.
#pragma once

#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <utility>

namespace tenure {

/// What happens to the key when the holder's session dies.
enum class session_behavior { release, remove };

/// How this process stands in one election. All candidates of an election should agree on the
/// span; where the holder's is larger, successors wait for the larger one.
class candidacy {
 public:
  static constexpr std::size_t most_value = 384'000;  ///< bytes of a value

  /// `value`: what is published under the key while this candidate leads. Never empty: an empty
  /// value marks a key that was released cleanly. At most `most_value` bytes: Consul's limit of 512
  /// KiB is on the transaction, where values are base64.
  explicit candidacy(std::string value) : value_(std::move(value)) {}

  /// How long a lease lasts after a proof, and how long a successor waits where the predecessor did
  /// not leave cleanly. At least 500 ms.
  candidacy& span(duration d) {
    span_ = d;
    return *this;
  }
  /// The session's TTL, 10 s to 24 h. Consul frees the key of a crashed process between one and
  /// two TTLs after its last renewal.
  candidacy& ttl(duration d) {
    ttl_ = d;
    return *this;
  }
  /// Consul's lock-delay, 0 to 60 s: it protects against contenders that do not use tenure.
  /// Default: the span, at most 60 s.
  candidacy& lock_delay(duration d) {
    lock_delay_ = d;
    return *this;
  }
  /// How long before the lease ends the body is cancelled. Default: a third of the span, at most
  /// 5 s. The limit is two thirds of the span minus max(50 ms, span / 50): beyond it one late proof
  /// would end the term.
  candidacy& stop_budget(duration d) {
    stop_budget_ = d;
    return *this;
  }
  /// What Consul does with the key when the session ends. Default: session_behavior::release.
  candidacy& behavior(session_behavior b) {
    behavior_ = b;
    return *this;
  }

  const std::string& value() const noexcept { return value_; }      ///< as given; never empty
  duration span() const noexcept { return span_; }                  ///< as set; default: 15 s
  duration ttl() const noexcept { return ttl_; }                    ///< as set; default: 15 s
  duration lock_delay() const noexcept;                             ///< as set, or its default
  duration stop_budget() const noexcept;                            ///< as set, or its default
  session_behavior behavior() const noexcept { return behavior_; }  ///< as set

  /// Equal as they were set: a setting that is unset differs from one that is set to its default.
  friend bool operator==(const candidacy&, const candidacy&) = default;

  /// How long a lease lasts, counted from the sending of the proof on which it rests: the span less
  /// 1% for a slow clock and less a margin of max(50 ms, span / 50). It is what
  /// term::guarantees() can promise at best.
  duration lease() const noexcept;
  /// How often a term is proven, where Consul answers: a third of the span, or more often if the
  /// holder would have to stop before a second try.
  duration proof_interval() const noexcept;

  /// Throws bad_configuration with one line that names the value, the limit and the sum behind it.
  void check() const;

 private:
  std::string value_;
  duration span_ = std::chrono::seconds(15);
  duration ttl_ = std::chrono::seconds(15);
  std::optional<duration> lock_delay_;
  std::optional<duration> stop_budget_;
  session_behavior behavior_ = session_behavior::release;
};

}  // namespace tenure
