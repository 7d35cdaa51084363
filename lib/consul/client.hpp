// Consul's HTTP API as typed requests and answers over the transport's lanes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <vector>

#include "consul/types.hpp"
#include "runtime/environment.hpp"

namespace tenure::consul {

class call;
class parser;
class target;

/// Every operation returns its error, never throws it (but for cancellation, which is thrown as
/// system_error(operation_aborted) by the await itself). One thread. What only reads, and what is
/// safe to repeat (renew, destroy, reads, all-read transactions), is tried again within its
/// deadline where the connection failed before an answer (at most three times, after a short
/// pause with jitter; but not a watch, whose caller goes round anyway); whatever else loses its
/// answer ends in consul_errc::outcome_unknown. So does a destroy or a renew whose every try did.
/// "leadership lost while committing log" (500) of a write is an unknown outcome as well.
/// The client must outlive its operations.
class client {
 public:
  client(std::shared_ptr<const runtime::environment> services, consul_config config);

  const consul_config& config() const noexcept { return config_; }

  // -- sessions ---------------------------------------------------------------------------------
  boost::asio::awaitable<session_created> create_session(session_request request);
  /// On the renewal lane, by `deadline`.
  boost::asio::awaitable<session_renewed> renew_session(std::string id, time_point deadline);
  boost::asio::awaitable<ack> destroy_session(std::string id);
  boost::asio::awaitable<session_found> session_info(std::string id, consistency how);

  // -- services of this machine's agent ----------------------------------------------------------
  /// Safe to repeat.
  boost::asio::awaitable<ack> register_service(service_registration service,
                                                time_point deadline);
  /// Without an error, too, where there is no such service.
  boost::asio::awaitable<ack> deregister_service(std::string id, time_point deadline);
  /// A heartbeat: the TTL check passes. On the renewal lane, by `deadline`.
  boost::asio::awaitable<check_result> pass_check(std::string id, time_point deadline);

  // -- keys -------------------------------------------------------------------------------------
  boost::asio::awaitable<kv_result> get(std::string key, consistency how);
  /// A blocking query on the poll lane: answers when the key's index exceeds `index`, or after
  /// `wait` (1 s to 10 min) plus Consul's jitter of a sixteenth. consul_errc::timed_out where it
  /// does not within request_timeout after that.
  boost::asio::awaitable<kv_result> watch(std::string key, std::uint64_t index, duration wait);
  boost::asio::awaitable<kv_list> list(std::string prefix, consistency how);
  /// A blocking query like watch(), for everything below a prefix.
  boost::asio::awaitable<kv_list> watch_below(std::string prefix, std::uint64_t index,
                                                duration wait);
  /// Both without reading it: see read().
  boost::asio::awaitable<raw_kv_list> listing(std::string prefix, consistency how);
  boost::asio::awaitable<raw_kv_list> watch_list(std::string prefix, std::uint64_t index,
                                                duration wait);
  /// Shows `reader` a listing, key by key; in it an error where it is not one, and then what the
  /// reader was told means nothing. The body is used up.
  void read(raw_kv_list& listing, kv_reader& reader);

  // -- transactions -----------------------------------------------------------------------------
  /// A transaction that writes, on the requests lane, by `deadline`. At most 128 operations;
  /// before 1.14 Consul takes 64 (bad_request: nothing of it happened).
  boost::asio::awaitable<txn_result> write(std::vector<txn_op> ops, time_point deadline);
  /// An all-read transaction with ?consistent, on the renewal lane (it is what proofs are made of).
  boost::asio::awaitable<txn_result> prove(std::vector<txn_op> ops, time_point deadline);

  // -- the cluster ------------------------------------------------------------------------------
  /// GET /v1/status/leader: whether Consul can be reached and has a raft leader.
  boost::asio::awaitable<ack> ping();

 private:
  time_point in_time() const;  // the deadline of a request that begins now
  boost::asio::awaitable<kv_result> find(call what, std::string key);
  boost::asio::awaitable<raw_kv_list> find_below(call what, std::string prefix);
  kv_list all_of(raw_kv_list told);
  call watching(target to, std::uint64_t index, duration wait) const;
  boost::asio::awaitable<txn_result> transact(call what, std::vector<txn_op> ops);

  std::shared_ptr<const runtime::environment> services_;
  consul_config config_;
  std::shared_ptr<parser> parser_;
};

}  // namespace tenure::consul
