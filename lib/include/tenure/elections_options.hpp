// The options that all elections of one elections object share.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_access.hpp>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <utility>

namespace tenure {

class metrics_sink;  // <tenure/metrics.hpp>
class outage_log;    // <tenure/outage_log.hpp>

/// Set by chained calls, read by functions of the same names. Plain values; the log and the sink of
/// the metrics are shared.
class elections_options {
 public:
  /// The name of the sessions in Consul, and of the service of `liveness`. Default: tenure.
  elections_options& name(std::string n) {
    name_ = std::move(n);
    return *this;
  }
  /// How many sessions share the elections with equal span, TTL, lock-delay and behavior: a lost
  /// session ends the terms of its share only. Default: 1.
  elections_options& sessions(std::size_t n) {
    sessions_ = n;
    return *this;
  }
  /// How soon Consul notices a crash of this process, 500 ms to 10 min. Unset: by the session's
  /// TTL, which takes 20 s at the least. With it the process registers a service (called `name`)
  /// with a TTL check at the agent of its machine for each session, of elections and of semaphores,
  /// binds the session to that check and keeps it passing. A successor leads, or has the slot, a
  /// liveness and a span after the crash. The lease is the same with it and without. Needs Consul
  /// 1.7 or later, and `service:write` for `name` if ACLs are on.
  elections_options& liveness(std::optional<duration> d) {
    liveness_ = d;
    return *this;
  }
  /// How long one blocking query lasts, 1 s to 60 s. Default: 30 s.
  elections_options& wait(duration d) {
    wait_ = d;
    return *this;
  }
  /// Rights, tenancy and datacenter of the requests of this elections object, in place of those of
  /// the consul_config: for objects that share a consul_connections. Unset: those of the config.
  elections_options& access(std::optional<consul_access> who) {
    access_ = std::move(who);
    return *this;
  }
  /// true: observers and queries may be answered by any server, without its leader (Consul's
  /// `stale`). That spares the leader, works while there is none, and may show an old leader. No
  /// participant, claim or proof ever reads so. Default: false.
  elections_options& stale_reads(bool allowed) {
    stale_reads_ = allowed;
    return *this;
  }
  /// Where log lines go; nullptr or silent_log(), the default: nowhere.
  elections_options& log(std::shared_ptr<log_sink> sink) {
    log_ = sink ? std::move(sink) : silent_log();
    return *this;
  }
  /// Where failed requests are reported, which logs each outage once; nullptr, the default: this
  /// elections object makes one for its log.
  elections_options& outages(std::shared_ptr<outage_log> shared) {
    outages_ = std::move(shared);
    return *this;
  }

  /// Where metrics go, such as a metrics_registry; nullptr, the default: nowhere.
  elections_options& metrics(std::shared_ptr<metrics_sink> sink) {
    metrics_ = std::move(sink);
    return *this;
  }

  const std::string& name() const noexcept { return name_; }   ///< as set
  std::size_t sessions() const noexcept { return sessions_; }  ///< as set
  /// As set; unset: none.
  const std::optional<duration>& liveness() const noexcept { return liveness_; }
  duration wait() const noexcept { return wait_; }  ///< as set
  const std::optional<consul_access>& access() const noexcept { return access_; }  ///< as set
  bool stale_reads() const noexcept { return stale_reads_; }  ///< as set
  const std::shared_ptr<log_sink>& log() const noexcept { return log_; }  ///< as set; never null
  /// Null: its own.
  const std::shared_ptr<outage_log>& outages() const noexcept { return outages_; }
  /// Null: nowhere.
  const std::shared_ptr<metrics_sink>& metrics() const noexcept { return metrics_; }

  /// Throws bad_configuration with one line that names the value and its range. Constructing an
  /// elections object does this.
  void check() const;

 private:
  std::string name_ = "tenure";
  std::size_t sessions_ = 1;
  std::optional<duration> liveness_;
  duration wait_ = std::chrono::seconds(30);
  std::optional<consul_access> access_;
  bool stale_reads_ = false;
  std::shared_ptr<log_sink> log_ = silent_log();
  std::shared_ptr<outage_log> outages_;
  std::shared_ptr<metrics_sink> metrics_;
};

}  // namespace tenure
