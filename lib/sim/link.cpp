#include "sim/link.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "wire/http_client.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration connect_timeout = 3s;

/// Counts for as long as it lives.
class counted {
 public:
  explicit counted(std::size_t& count) noexcept : count_(count) { ++count_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --count_; }

 private:
  std::size_t& count_;
};

}  // namespace

/// One of a lane's connections, passed on to the first waiter.
class link::lane_slot {
 public:
  explicit lane_slot(lane_state& lane) noexcept : lane_(lane) {}
  lane_slot(const lane_slot&) = delete;
  lane_slot& operator=(const lane_slot&) = delete;
  ~lane_slot() {
    if (!lane_.queue->notify_one()) --lane_.in_use;
  }

 private:
  lane_state& lane_;
};

/// An open connection without a request. Closes it if the exchange is cancelled before it sends.
class link::unused_connection {
 public:
  unused_connection(server& s, std::size_t address, std::uint64_t epoch)
      : server_(s), address_(address), epoch_(epoch) {}
  unused_connection(const unused_connection&) = delete;
  unused_connection& operator=(const unused_connection&) = delete;
  ~unused_connection() {
    if (unused_) server_.hang_up(address_, epoch_);
  }
  void release() noexcept { unused_ = false; }

 private:
  server& server_;
  const std::size_t address_;
  const std::uint64_t epoch_;
  bool unused_ = true;
};

/// A sender that goes away before the response closes its connection.
class link::abandon_guard {
 public:
  abandon_guard(server& s, std::shared_ptr<inflight_request> sent)
      : server_(s), sent_(std::move(sent)) {}
  abandon_guard(const abandon_guard&) = delete;
  abandon_guard& operator=(const abandon_guard&) = delete;
  ~abandon_guard() {
    if (!sent_->response) server_.abandon(*sent_);
  }

 private:
  server& server_;
  std::shared_ptr<inflight_request> sent_;
};

link::link(run_context& context, host& its_host, link_options options)
    : world_(context.world),
      host_(its_host),
      server_(context.server),
      network_(context.network),
      options_(options),
      lanes_{lane_state(its_host), lane_state(its_host), lane_state(its_host)} {
  const wire::lane_limits limits = wire::lane_limits::divide(options.connections);
  lane_of(runtime::lane::renewals).limit = limits.renewals;
  lane_of(runtime::lane::requests).limit = limits.requests;
  lane_of(runtime::lane::polls).limit = limits.polls;
}

link::~link() = default;

void link::check_lane(runtime::lane where, const runtime::http_request& request) {
  const request_kind kind = kind_of(request);
  const bool vital = kind == request_kind::renewal || kind == request_kind::proof ||
                     kind == request_kind::heartbeat;
  if (vital != (where == runtime::lane::renewals)) {
    world_.report_violation("L2",
                            std::string(to_string(kind)) + " shares a lane with other traffic");
  }
}

asio::awaitable<runtime::exchange_result> link::exchange(runtime::lane where,
                                                         runtime::http_request request,
                                                         time_point deadline,
                                                         runtime::on_stale when_stale) {
  exchange_state state{where, request, deadline, when_stale};
  const counted mine(exchanges_);
  if (is_process(options_.who)) check_lane(where, request);
  try {
    co_await run(state);
  } catch (const boost::system::system_error& error) {
    state.result.error = error.code();
  }
  co_return std::move(state.result);
}

asio::awaitable<void> link::run(exchange_state& e) {
  lane_state& lane = lane_of(e.where);
  e.result.error = consul_errc::timed_out;
  if (lane.in_use < lane.limit) {
    ++lane.in_use;
  } else {
    const bool given = co_await runtime::wait_in(lane.queue, e.deadline);
    if (!given) co_return;
  }
  const lane_slot slot(lane);
  if (severed_) {
    co_await runtime::sleep_until(host_, host_.now() + 1ms);
    e.result.error = asio::error::connection_refused;
    co_return;
  }
  if (host_.now() >= e.deadline) co_return;
  connection on;
  while (!lane.idle.empty()) {
    on = lane.idle.back();
    lane.idle.pop_back();
    if (on.epoch != server_.epoch()) continue;  // the client saw the close
    on.half_open = on.half_open || network_.half_open();
    on.closed = network_.closed();
    unused_connection guard(server_, options_.address, on.epoch);
    co_await send_on(on, guard, e);
    const bool stale = e.result.error == asio::error::connection_reset;
    if (!stale || e.when_stale == runtime::on_stale::fail || severed_) {
      if (!e.result.error && !on.closed) lane.idle.push_back(on);
      co_return;
    }
    world_.probes.hit("request sent again on a fresh connection");
    break;
  }
  on = connection();
  const bool connected = co_await dial(e, on);
  if (!connected) co_return;
  unused_connection guard(server_, options_.address, on.epoch);
  co_await send_on(on, guard, e);
  if (!e.result.error && !on.closed) lane.idle.push_back(on);
}

asio::awaitable<bool> link::dial(exchange_state& e, connection& fresh) {
  const time_point bound = std::min(e.deadline, host_.now() + connect_timeout);
  const std::optional<duration> takes = network_.dial(faults, e.where);
  const time_point arrival = takes ? host_.now() + *takes : time_point::max();
  co_await runtime::sleep_until(host_, std::min(bound, arrival));
  if (arrival > bound) {
    e.result.error = host_.now() >= e.deadline ? make_error_code(consul_errc::timed_out)
                                               : error_code(asio::error::timed_out);
    co_return false;
  }
  const connect_result outcome =
      severed_ || network_.refused() ? connect_result::refused : server_.connect(options_.address);
  fresh.epoch = server_.epoch();
  if (outcome == connect_result::accepted) co_return true;
  e.result.error = outcome == connect_result::refused ? asio::error::connection_refused
                                                      : asio::error::connection_reset;
  // Consul before 1.9 accepts and then resets a connection above the limit, without a response.
  e.result.sent = outcome == connect_result::too_many;
  e.result.sent_at = host_.now();
  if (outcome == connect_result::too_many && world_.chance_of(0.5)) {
    e.result.error = {};
    e.result.response =
        runtime::http_response(429, "Your IP is issuing too many concurrent connections");
  }
  co_return false;
}

asio::awaitable<void> link::send_on(connection& on, unused_connection& guard, exchange_state& e) {
  const auto sent =
      std::make_shared<inflight_request>(host_, options_.who, options_.address, e.request);
  sent->epoch = on.epoch;
  sent->fate = network_.draw(faults, e.where);
  if (sent->kind == request_kind::heartbeat && world_.now() < faults.no_heartbeat_until)
    sent->fate.lost_before = true;
  if (on.half_open) sent->fate.lost_before = true;
  if (on.closed) {
    // The server closed it, perhaps after it read the request: then a retry runs it twice.
    if (!world_.chance_of(0.2)) sent->fate.lost_before = true;
    sent->fate.reset_at = sent->fate.request_delay;
  }
  e.result.error = consul_errc::timed_out;
  e.result.sent = true;
  e.result.sent_at = host_.now();
  ++requests_;
  const abandon_guard abandon_on_exit(server_, sent);
  guard.release();
  std::erase_if(inflight_, [](const auto& weak) { return weak.expired(); });
  inflight_.push_back(sent);
  if (sent->fate.reset_at) {
    world_.after(*sent->fate.reset_at, [sent] {
      sent->sender.deliver([sent] { sent->fail(asio::error::connection_reset); });
    });
  }
  server_.send(sent);
  while (!sent->done()) {
    const bool notified = co_await sent->changed.wait(e.deadline);
    if (!notified && !sent->done()) co_return;
  }
  e.result.error = sent->error;
  if (sent->error) co_return;
  on.closed = sent->closes || severed_;
  if (on.closed) server_.hang_up(options_.address, on.epoch);
  if (on_response) on_response(*sent);
  e.result.response = std::move(*sent->response);
}

void link::sever() {
  severed_ = true;
  for (const auto& weak : inflight_) {
    const auto sent = weak.lock();
    if (sent) sent->fail(asio::error::connection_reset);
  }
  close_idle();
}

void link::close_idle() {
  for (auto& lane : lanes_) {
    for (const connection& on : lane.idle) server_.hang_up(options_.address, on.epoch);
    lane.idle.clear();
  }
}

}  // namespace tenure::sim
