// Consul's HTTP API as typed requests and answers. Renewals, heartbeats and proofs use the renewal
// lane, blocking queries the poll lane, all others the request lane.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <vector>

#include "consul/refusal_log.hpp"
#include "consul/types.hpp"
#include "runtime/environment.hpp"

namespace tenure::consul {

class call;
class parser;
class response;
class target;

/// Operations return their errors; only cancellation is thrown, as system_error(operation_aborted).
/// One thread. The client must outlive its operations.
///
/// When a connection fails before the response, reads and requests that are safe to repeat (renew,
/// destroy, register, deregister, all-read transactions) are sent again within their deadline, at
/// most three times, after a short pause with jitter. Blocking queries are not: their caller polls
/// again anyway. Any other request then ends in consul_errc::outcome_unknown; so does a repeatable
/// one that changes something and whose every attempt failed. The 500 "leadership lost while
/// committing log" of a write is an unknown outcome as well.
///
/// A request that Consul refuses for its token had no effect: whatever it does, it is sent again
/// while its token_source has another token, or expects one, within its deadline.
class client {
 public:
  client(std::shared_ptr<const runtime::environment> env, consul_config config);

  const consul_config& config() const noexcept { return config_; }
  /// Of a request that begins now: the request time-out from now, but no later than give_up_at().
  time_point deadline() const;
  /// Requests that begin from now on end by `at`, so that several in a row do not take a time-out
  /// each. Requests that have begun, and blocking queries, keep their deadlines.
  void give_up_at(time_point at) noexcept { give_up_at_ = at; }

  // -- sessions ---------------------------------------------------------------------------------
  boost::asio::awaitable<session_created> create_session(session_request request);
  /// By `deadline`.
  boost::asio::awaitable<session_renewed> renew_session(std::string id, time_point deadline);
  boost::asio::awaitable<ack> destroy_session(std::string id);
  boost::asio::awaitable<session_found> session_info(std::string id, consistency how);

  // -- services of the local agent ---------------------------------------------------------------
  /// Safe to repeat.
  boost::asio::awaitable<ack> register_service(service_registration service,
                                                time_point deadline);
  /// A service that the agent does not know is no error.
  boost::asio::awaitable<ack> deregister_service(std::string id, time_point deadline);
  /// A heartbeat: sets the TTL check to passing, by `deadline`.
  boost::asio::awaitable<check_result> pass_check(std::string id, time_point deadline);

  // -- keys -------------------------------------------------------------------------------------
  boost::asio::awaitable<kv_result> get(std::string key, consistency how);
  /// A blocking query: completes when the key's index exceeds `index`, or after `wait` (1 s to
  /// 10 min) plus Consul's jitter of up to a sixteenth. consul_errc::timed_out if it has not by
  /// request_timeout after that. With consistency::consistent Consul checks that its leader still
  /// leads before it looks at the key, also when a change wakes the query: so the answer shows a
  /// state of some moment after the query was sent.
  boost::asio::awaitable<kv_result> watch(std::string key, std::uint64_t index, duration wait,
                                          consistency how = consistency::default_);
  boost::asio::awaitable<kv_list> list(std::string prefix, consistency how);
  /// A blocking query like watch(), for everything below a prefix.
  boost::asio::awaitable<kv_list> watch_below(std::string prefix, std::uint64_t index,
                                              duration wait,
                                              consistency how = consistency::default_);
  /// The same two without parsing the list: read() does that.
  boost::asio::awaitable<raw_kv_list> list_raw(std::string prefix, consistency how);
  boost::asio::awaitable<raw_kv_list> watch_raw(std::string prefix, std::uint64_t index,
                                                duration wait,
                                                consistency how = consistency::default_);
  /// Parses a list and shows it to `reader` key by key. On malformed JSON it sets the list's error;
  /// then the reader must discard what it was shown. Clears the body.
  void read(raw_kv_list& list, kv_reader& reader);

  // -- transactions -----------------------------------------------------------------------------
  /// A transaction that writes, by `deadline`. At most 128 operations; before 1.14 Consul accepts
  /// 64 (bad_request: it executed none of them).
  boost::asio::awaitable<txn_result> write(std::vector<txn_op> ops, time_point deadline);
  /// An all-read transaction with ?consistent, by `deadline`.
  boost::asio::awaitable<txn_result> read(std::vector<txn_op> ops, time_point deadline);
  /// The same on the renewal lane: terms prove themselves by it.
  boost::asio::awaitable<txn_result> prove(std::vector<txn_op> ops, time_point deadline);

  // -- the cluster ------------------------------------------------------------------------------
  /// GET /v1/status/leader: whether Consul is reachable and has a raft leader.
  boost::asio::awaitable<ack> ping();

 private:
  /// Makes the call, and notes which rights it showed or missed.
  boost::asio::awaitable<response> ask(const call& what);
  std::vector<acl_rule> rules_of(call& what);
  void note_allowed(call& what, const txn_result& answer);
  void note_refused(call& what, const response& received, txn_result& answer);
  bool note_unreadable(call& what, answer_base& answer);
  boost::asio::awaitable<response> kv_response(const call& what, std::string why_unaddressable,
                                               answer_base& answer);
  boost::asio::awaitable<kv_result> find(call what, std::string key, consistency how);
  boost::asio::awaitable<raw_kv_list> find_below(call what, std::string prefix, consistency how);
  kv_list parsed(raw_kv_list raw);
  call watching(target to, std::uint64_t index, duration wait) const;
  boost::asio::awaitable<txn_result> transact(call what, std::vector<txn_op> ops);

  std::shared_ptr<const runtime::environment> env_;
  consul_config config_;
  time_point give_up_at_ = time_point::max();
  std::shared_ptr<parser> parser_;
  refusal_log refusals_;
};

}  // namespace tenure::consul
