// What the library counts and measures: the name, type and meaning of each metric. One table, so
// that a sink can map it to another system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tenure/end_reason.hpp>
#include <tenure/standing.hpp>

namespace tenure {

/// counter: only grows. gauge: a number as of now. histogram: durations, exported in seconds.
enum class metric_type : std::uint8_t { counter, gauge, histogram };

/// One time series each. Series of one name differ in their label, as in
/// tenure_claims_refused_total{reason="held"}. Counters and gauges are plain numbers.
enum class metric : std::uint8_t {
  // -- proofs: each asks whether one lock is still ours; up to 128 travel in a request
  proofs_sent,
  proofs_confirmed,
  proofs_failed_error,    ///< no answer in time, or an error
  proofs_failed_changed,  ///< the key was written, released or deleted
  proofs_failed_batch,    ///< another key of the request failed; proved again at once
  proofs_failed_late,     ///< not sent: its time-out passed in the queue
  proof_seconds,          ///< answered ones only; the wait for a connection included

  // -- sessions
  sessions,
  sessions_created,
  session_creations_failed,
  sessions_lost,  ///< found by a renewal, a claim or the liveness check
  session_renewals,
  session_renewals_failed,

  // -- claims: attempts to acquire the key of an election or a slot of a semaphore
  claims,  ///< counted when queued; each has one of the outcomes below
  claims_acquired,
  claims_refused_held,        ///< another session holds the key
  claims_refused_lock_delay,  ///< Consul's lock-delay after a lost session
  claims_refused_session,     ///< our session is invalid
  claims_refused_changed,     ///< the key changed since it was seen: another was first
  claims_refused_other,
  claims_failed,  ///< Consul unreachable, throttled, forbidden, ...
  claims_unknown,
  claims_recovered,    ///< each was counted as unknown before
  claim_seconds,       ///< acquired and refused ones
  quarantine_seconds,  ///< of elections, when the key is acquired; 0 after a clean release
  releases_done,
  releases_missed,  ///< it was not ours any more
  releases_failed,  ///< failed, or the answer was lost; tried again

  // -- hand-overs of elections to another member of their group, instead of a release
  hand_overs_sent,     ///< each has one of the four outcomes that follow
  hand_overs_done,
  hand_overs_refused,  ///< the member's session is gone, or the key was not ours any more
  hand_overs_failed,
  hand_overs_unknown,
  hand_overs_recovered,  ///< each was counted as unknown before, or is then
  hand_over_seconds,

  // -- leaders and terms
  leader_changes,  ///< the first leader seen counts, and so does this process
  terms_begun,
  terms_begun_by_hand_over,  ///< each is counted in terms_begun, too
  terms_ended_resigned,
  terms_ended_expired,
  terms_ended_session_lost,
  terms_ended_key_taken,
  terms_ended_key_released,
  terms_ended_key_missing,
  terms_ended_overwritten,
  terms_ended_health_failed,
  terms_ended_handed_over,
  terms_ended_shut_down,
  elections_watching,
  elections_candidate,
  elections_pending,
  elections_leading,
  elections_stopping,
  slots_held,
  name_conflicts_leader,  ///< elections that another session holds under our own value
  name_conflicts_member,  ///< groups in which another session has our member's name

  // -- watches
  watch_polls,
  watch_wakeups,
  watch_reports,
  watch_lists,  ///< at the start, after a failure, or without a slot
  watch_errors,
  watch_queries,
  poll_slots_used,
  poll_slots_awaited,

  // -- requests of any kind, and queues
  requests_ok,            ///< refused transactions included
  requests_error,         ///< 4xx, or an answer that makes no sense
  requests_server_error,  ///< 5xx
  requests_no_leader,     ///< the servers have no raft leader
  requests_forbidden,
  requests_throttled,
  requests_timed_out,    ///< nothing of it can have happened
  requests_unreachable,  ///< no connection
  requests_tls_failed,
  requests_unknown,      ///< a write without an answer: it may have happened
  request_retries,
  request_seconds_read,  ///< of keys; without blocking queries, which wait on purpose
  request_seconds_transaction,
  request_seconds_session,
  request_seconds_agent,  ///< checks and services of the local agent
  request_seconds_other,
  lock_operations_queued,
  lock_operations_in_flight,
  events_queued,
};

/// What a metric is called and what it means.
struct metric_info {
  metric what;                   ///< its place in the enum
  metric_type type;              ///< how its numbers behave
  std::string_view name;         ///< for Prometheus: a counter ends in _total, a time in _seconds
  std::string_view label;        ///< the label's name; empty: none
  std::string_view label_value;  ///< lower-case letters and underscores
  std::string_view help;         ///< one line, as in # HELP
};

/// All metrics in the order of the enum. Series of one name are neighbors.
inline constexpr metric_info all_metrics[] = {
    {metric::proofs_sent, metric_type::counter, "tenure_proofs_sent_total", "", "",
     "Proofs of single locks sent to Consul."},
    {metric::proofs_confirmed, metric_type::counter, "tenure_proofs_confirmed_total", "", "",
     "Proofs that Consul confirmed: each prolongs a lease."},
    {metric::proofs_failed_error, metric_type::counter,
     "tenure_proofs_failed_total", "reason", "error",
     "Proofs that did not prolong a lease, by reason."},
    {metric::proofs_failed_changed, metric_type::counter,
     "tenure_proofs_failed_total", "reason", "changed",
     "Proofs that did not prolong a lease, by reason."},
    {metric::proofs_failed_batch, metric_type::counter,
     "tenure_proofs_failed_total", "reason", "batch",
     "Proofs that did not prolong a lease, by reason."},
    {metric::proofs_failed_late, metric_type::counter,
     "tenure_proofs_failed_total", "reason", "late",
     "Proofs that did not prolong a lease, by reason."},
    {metric::proof_seconds, metric_type::histogram, "tenure_proof_seconds", "", "",
     "Time from when a request of proofs was due to its answer."},
    {metric::sessions, metric_type::gauge, "tenure_sessions", "", "",
     "Consul sessions that this process holds."},
    {metric::sessions_created, metric_type::counter, "tenure_sessions_created_total", "", "",
     "Sessions created."},
    {metric::session_creations_failed, metric_type::counter,
     "tenure_session_creations_failed_total", "", "",
     "Attempts to create a session that failed; tried again."},
    {metric::sessions_lost, metric_type::counter, "tenure_sessions_lost_total", "", "",
     "Sessions that Consul invalidated."},
    {metric::session_renewals, metric_type::counter, "tenure_session_renewals_total", "", "",
     "Renewals that Consul confirmed."},
    {metric::session_renewals_failed, metric_type::counter,
     "tenure_session_renewals_failed_total", "", "",
     "Renewals without an answer, or with an error; tried again."},
    {metric::claims, metric_type::counter, "tenure_claims_total", "", "", "Claims made."},
    {metric::claims_acquired, metric_type::counter, "tenure_claims_acquired_total", "", "",
     "Claims that acquired the key or the slot."},
    {metric::claims_refused_held, metric_type::counter,
     "tenure_claims_refused_total", "reason", "held",
     "Claims that Consul refused, by reason."},
    {metric::claims_refused_lock_delay, metric_type::counter,
     "tenure_claims_refused_total", "reason", "lock_delay",
     "Claims that Consul refused, by reason."},
    {metric::claims_refused_session, metric_type::counter,
     "tenure_claims_refused_total", "reason", "session",
     "Claims that Consul refused, by reason."},
    {metric::claims_refused_changed, metric_type::counter,
     "tenure_claims_refused_total", "reason", "changed",
     "Claims that Consul refused, by reason."},
    {metric::claims_refused_other, metric_type::counter,
     "tenure_claims_refused_total", "reason", "other",
     "Claims that Consul refused, by reason."},
    {metric::claims_failed, metric_type::counter, "tenure_claims_failed_total", "", "",
     "Claims that failed and had no effect; tried again."},
    {metric::claims_unknown, metric_type::counter, "tenure_claims_unknown_total", "", "",
     "Claims whose answer was lost; a read settles them."},
    {metric::claims_recovered, metric_type::counter, "tenure_claims_recovered_total", "", "",
     "Claims with a lost answer that were found carried out."},
    {metric::claim_seconds, metric_type::histogram, "tenure_claim_seconds", "", "",
     "Time from the sending of a claim to its answer."},
    {metric::quarantine_seconds, metric_type::histogram, "tenure_quarantine_seconds", "", "",
     "How long a new holder has to wait for its predecessor's lease to end."},
    {metric::releases_done, metric_type::counter, "tenure_releases_total", "outcome", "done",
     "Releases of keys and slots, by outcome."},
    {metric::releases_missed, metric_type::counter, "tenure_releases_total", "outcome", "missed",
     "Releases of keys and slots, by outcome."},
    {metric::releases_failed, metric_type::counter, "tenure_releases_total", "outcome", "failed",
     "Releases of keys and slots, by outcome."},
    {metric::hand_overs_sent, metric_type::counter, "tenure_hand_overs_sent_total", "", "",
     "Hand-overs of elections to another member of their group sent."},
    {metric::hand_overs_done, metric_type::counter,
     "tenure_hand_overs_total", "outcome", "done",
     "Hand-overs of elections to another member of their group, by outcome."},
    {metric::hand_overs_refused, metric_type::counter,
     "tenure_hand_overs_total", "outcome", "refused",
     "Hand-overs of elections to another member of their group, by outcome."},
    {metric::hand_overs_failed, metric_type::counter,
     "tenure_hand_overs_total", "outcome", "failed",
     "Hand-overs of elections to another member of their group, by outcome."},
    {metric::hand_overs_unknown, metric_type::counter,
     "tenure_hand_overs_total", "outcome", "unknown",
     "Hand-overs of elections to another member of their group, by outcome."},
    {metric::hand_overs_recovered, metric_type::counter,
     "tenure_hand_overs_recovered_total", "", "",
     "Hand-overs with a lost answer that were found carried out."},
    {metric::hand_over_seconds, metric_type::histogram, "tenure_hand_over_seconds", "", "",
     "Time from the end of a term's work to the hand-over of its election."},
    {metric::leader_changes, metric_type::counter, "tenure_leader_changes_total", "", "",
     "Changes of leader seen in the elections entered."},
    {metric::terms_begun, metric_type::counter, "tenure_terms_begun_total", "", "",
     "Terms of this process that began, of elections and slots."},
    {metric::terms_begun_by_hand_over, metric_type::counter,
     "tenure_terms_begun_by_hand_over_total", "", "",
     "Terms of this process that began because another process handed the election over."},
    {metric::terms_ended_resigned, metric_type::counter,
     "tenure_terms_ended_total", "reason", "resigned",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_expired, metric_type::counter,
     "tenure_terms_ended_total", "reason", "expired",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_session_lost, metric_type::counter,
     "tenure_terms_ended_total", "reason", "session_lost",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_key_taken, metric_type::counter,
     "tenure_terms_ended_total", "reason", "key_taken",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_key_released, metric_type::counter,
     "tenure_terms_ended_total", "reason", "key_released",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_key_missing, metric_type::counter,
     "tenure_terms_ended_total", "reason", "key_missing",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_overwritten, metric_type::counter,
     "tenure_terms_ended_total", "reason", "overwritten",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_health_failed, metric_type::counter,
     "tenure_terms_ended_total", "reason", "health_failed",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_handed_over, metric_type::counter,
     "tenure_terms_ended_total", "reason", "handed_over",
     "Terms of this process that ended, by reason."},
    {metric::terms_ended_shut_down, metric_type::counter,
     "tenure_terms_ended_total", "reason", "shut_down",
     "Terms of this process that ended, by reason."},
    {metric::elections_watching, metric_type::gauge, "tenure_elections", "standing", "watching",
     "Elections entered, by the standing of this process."},
    {metric::elections_candidate, metric_type::gauge, "tenure_elections", "standing", "candidate",
     "Elections entered, by the standing of this process."},
    {metric::elections_pending, metric_type::gauge, "tenure_elections", "standing", "pending",
     "Elections entered, by the standing of this process."},
    {metric::elections_leading, metric_type::gauge, "tenure_elections", "standing", "leading",
     "Elections entered, by the standing of this process."},
    {metric::elections_stopping, metric_type::gauge, "tenure_elections", "standing", "stopping",
     "Elections entered, by the standing of this process."},
    {metric::slots_held, metric_type::gauge, "tenure_slots_held", "", "",
     "Slots of semaphores that this process holds."},
    {metric::name_conflicts_leader, metric_type::gauge, "tenure_name_conflicts", "seen", "leader",
     "Elections and groups in which another session uses this process's name."},
    {metric::name_conflicts_member, metric_type::gauge, "tenure_name_conflicts", "seen", "member",
     "Elections and groups in which another session uses this process's name."},
    {metric::watch_polls, metric_type::counter, "tenure_watch_polls_total", "", "",
     "Blocking queries that Consul answered."},
    {metric::watch_wakeups, metric_type::counter, "tenure_watch_wakeups_total", "", "",
     "Blocking queries that a write ended, before their wait was over."},
    {metric::watch_reports, metric_type::counter, "tenure_watch_reports_total", "", "",
     "States of keys reported: the first of each watched key, and each change."},
    {metric::watch_lists, metric_type::counter, "tenure_watch_lists_total", "", "",
     "Plain reads in place of a blocking query."},
    {metric::watch_errors, metric_type::counter, "tenure_watch_errors_total", "", "",
     "Watch requests that failed; tried again."},
    {metric::watch_queries, metric_type::gauge, "tenure_watch_queries", "", "",
     "Watches that run, each as one blocking query after another."},
    {metric::poll_slots_used, metric_type::gauge, "tenure_poll_slots_used", "", "",
     "Connections for blocking queries that watches use."},
    {metric::poll_slots_awaited, metric_type::gauge, "tenure_poll_slots_awaited", "", "",
     "Watches that wait for a connection for their blocking query."},
    {metric::requests_ok, metric_type::counter, "tenure_requests_total", "outcome", "ok",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_error, metric_type::counter, "tenure_requests_total", "outcome", "error",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_server_error, metric_type::counter,
     "tenure_requests_total", "outcome", "server_error",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_no_leader, metric_type::counter,
     "tenure_requests_total", "outcome", "no_leader",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_forbidden, metric_type::counter,
     "tenure_requests_total", "outcome", "forbidden",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_throttled, metric_type::counter,
     "tenure_requests_total", "outcome", "throttled",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_timed_out, metric_type::counter,
     "tenure_requests_total", "outcome", "timed_out",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_unreachable, metric_type::counter,
     "tenure_requests_total", "outcome", "unreachable",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_tls_failed, metric_type::counter,
     "tenure_requests_total", "outcome", "tls_failed",
     "Requests to Consul that ended, by outcome."},
    {metric::requests_unknown, metric_type::counter, "tenure_requests_total", "outcome", "unknown",
     "Requests to Consul that ended, by outcome."},
    {metric::request_retries, metric_type::counter, "tenure_request_retries_total", "", "",
     "Attempts repeated after a failed connection, or with another token."},
    {metric::request_seconds_read, metric_type::histogram,
     "tenure_request_seconds", "operation", "read",
     "Time from the sending of a request to Consul to its answer, by operation."},
    {metric::request_seconds_transaction, metric_type::histogram,
     "tenure_request_seconds", "operation", "transaction",
     "Time from the sending of a request to Consul to its answer, by operation."},
    {metric::request_seconds_session, metric_type::histogram,
     "tenure_request_seconds", "operation", "session",
     "Time from the sending of a request to Consul to its answer, by operation."},
    {metric::request_seconds_agent, metric_type::histogram,
     "tenure_request_seconds", "operation", "agent",
     "Time from the sending of a request to Consul to its answer, by operation."},
    {metric::request_seconds_other, metric_type::histogram,
     "tenure_request_seconds", "operation", "other",
     "Time from the sending of a request to Consul to its answer, by operation."},
    {metric::lock_operations_queued, metric_type::gauge, "tenure_lock_operations_queued", "", "",
     "Claims, releases, hand-overs and placeholders that wait to be sent."},
    {metric::lock_operations_in_flight, metric_type::gauge,
     "tenure_lock_operations_in_flight", "", "",
     "Claims, releases, hand-overs and placeholders sent, without an answer yet."},
    {metric::events_queued, metric_type::gauge, "tenure_events_queued", "", "",
     "Elections whose changes wait for next_event()."},
};
inline constexpr std::size_t metric_count = sizeof all_metrics / sizeof all_metrics[0];
static_assert(metric_count == static_cast<std::size_t>(metric::events_queued) + 1);

constexpr const metric_info& info(metric what) noexcept {
  return all_metrics[static_cast<std::size_t>(what)];
}

/// The counter of terms that ended for this reason, which is not end_reason::none.
constexpr metric terms_ended(end_reason why) noexcept {
  return static_cast<metric>(static_cast<std::uint8_t>(metric::terms_ended_resigned) +
                             static_cast<std::uint8_t>(why) - 1);
}
static_assert(terms_ended(end_reason::shut_down) == metric::terms_ended_shut_down);

/// The gauge of elections with this standing.
constexpr metric elections_with(standing which) noexcept {
  return static_cast<metric>(static_cast<std::uint8_t>(metric::elections_watching) +
                             static_cast<std::uint8_t>(which));
}
static_assert(elections_with(standing::stopping) == metric::elections_stopping);

}  // namespace tenure
