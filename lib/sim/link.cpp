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

/// One of a lane's connections, given back to whoever waits longest.
class link::place {
 public:
  explicit place(lane_state& lane) noexcept : lane_(lane) {}
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() {
    if (!lane_.line->notify_one()) --lane_.in_use;
  }

 private:
  lane_state& lane_;
};

/// An open connection that no request is on: closed, if its owner is cancelled here.
class link::loose_end {
 public:
  loose_end(server& s, std::size_t host, std::uint64_t epoch)
      : server_(s), host_(host), epoch_(epoch) {}
  loose_end(const loose_end&) = delete;
  loose_end& operator=(const loose_end&) = delete;
  ~loose_end() {
    if (loose_) server_.hang_up(host_, epoch_);
  }
  void taken() noexcept { loose_ = false; }

 private:
  server& server_;
  const std::size_t host_;
  const std::uint64_t epoch_;
  bool loose_ = true;
};

/// A sender that goes away before the answer closes its connection.
class link::interest {
 public:
  interest(server& s, std::shared_ptr<flight> f) : server_(s), flight_(std::move(f)) {}
  interest(const interest&) = delete;
  interest& operator=(const interest&) = delete;
  ~interest() {
    if (!flight_->response) server_.abandon(*flight_);
  }

 private:
  server& server_;
  std::shared_ptr<flight> flight_;
};

link::link(world& its_world, machine& its_machine, server& its_server, sim::network& net, actor who,
           std::size_t host, std::size_t budget)
    : world_(its_world),
      machine_(its_machine),
      server_(its_server),
      network_(net),
      who_(who),
      host_(host),
      lanes_{lane_state(its_machine), lane_state(its_machine), lane_state(its_machine)} {
  const wire::lane_limits limits = wire::lane_limits::divide(budget);
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
    world_.wrong("L2", std::string(to_string(kind)) + " shares a lane with other traffic");
  }
}

asio::awaitable<runtime::exchange_result> link::exchange(runtime::lane where,
                                                         runtime::http_request request,
                                                         time_point deadline,
                                                         runtime::on_stale when_stale) {
  runtime::exchange_result result;
  const counted mine(exchanges_);
  if (is_process(who_)) check_lane(where, request);
  try {
    co_await attempt(where, request, deadline, when_stale, result);
  } catch (const boost::system::system_error& error) {
    result.error = error.code();
  }
  co_return result;
}

asio::awaitable<void> link::attempt(runtime::lane where, const runtime::http_request& request,
                                    time_point deadline, runtime::on_stale when_stale,
                                    runtime::exchange_result& result) {
  lane_state& lane = lane_of(where);
  result.error = consul_errc::timed_out;
  if (lane.in_use < lane.limit) {
    ++lane.in_use;
  } else {
    const bool given = co_await runtime::wait_in(lane.line, deadline);
    if (!given) co_return;
  }
  const place held(lane);
  if (severed_) {
    co_await runtime::sleep_until(machine_, machine_.now() + 1ms);
    result.error = asio::error::connection_refused;
    co_return;
  }
  if (machine_.now() >= deadline) co_return;
  connection on;
  while (!lane.idle.empty()) {
    on = lane.idle.back();
    lane.idle.pop_back();
    if (on.epoch != server_.epoch()) continue;  // a close that was noticed
    on.half_open = on.half_open || network_.half_open();
    on.closed = network_.closed();
    loose_end end(server_, host_, on.epoch);
    co_await travel(where, on, end, request, deadline, result);
    const bool stale = result.error == asio::error::connection_reset;
    if (!stale || when_stale == runtime::on_stale::fail || severed_) {
      if (!result.error && !on.closed) lane.idle.push_back(on);
      co_return;
    }
    world_.counts.hit("request sent again on a fresh connection");
    break;
  }
  on = connection();
  const bool connected = co_await dial(where, on, deadline, result);
  if (!connected) co_return;
  loose_end end(server_, host_, on.epoch);
  co_await travel(where, on, end, request, deadline, result);
  if (!result.error && !on.closed) lane.idle.push_back(on);
}

asio::awaitable<bool> link::dial(runtime::lane where, connection& fresh, time_point deadline,
                                 runtime::exchange_result& result) {
  const time_point bound = std::min(deadline, machine_.now() + connect_timeout);
  const std::optional<duration> takes = network_.dial(path, where);
  const time_point there = takes ? machine_.now() + *takes : time_point::max();
  co_await runtime::sleep_until(machine_, std::min(bound, there));
  if (there > bound) {
    result.error = machine_.now() >= deadline ? make_error_code(consul_errc::timed_out)
                                              : error_code(asio::error::timed_out);
    co_return false;
  }
  const greeting met = severed_ || network_.refused() ? greeting::refused : server_.connect(host_);
  fresh.epoch = server_.epoch();
  if (met == greeting::welcome) co_return true;
  result.error = met == greeting::refused ? asio::error::connection_refused
                                          : asio::error::connection_reset;
  // One connection too many is reset without a word, after it was accepted: before 1.9.
  result.sent = met == greeting::too_many;
  result.sent_at = machine_.now();
  if (met == greeting::too_many && world_.chance_of(0.5)) {
    result.error = {};
    result.response =
        runtime::http_response(429, "Your IP is issuing too many concurrent connections");
  }
  co_return false;
}

asio::awaitable<void> link::travel(runtime::lane where, connection& on, loose_end& end,
                                   const runtime::http_request& request, time_point deadline,
                                   runtime::exchange_result& result) {
  const auto f = std::make_shared<flight>(machine_, who_, host_, request);
  f->epoch = on.epoch;
  f->fate = network_.draw(path, where);
  if (f->kind == request_kind::heartbeat && world_.now() < path.no_heartbeat_until)
    f->fate.lost_before = true;
  if (on.half_open) f->fate.lost_before = true;
  if (on.closed) {
    // Closed by the server, which may have read the request before: then it is carried out twice.
    if (!world_.chance_of(0.2)) f->fate.lost_before = true;
    f->fate.reset_at = f->fate.there;
  }
  result.error = consul_errc::timed_out;
  result.sent = true;
  result.sent_at = machine_.now();
  ++requests_;
  const interest kept(server_, f);
  end.taken();
  std::erase_if(flights_, [](const auto& weak) { return weak.expired(); });
  flights_.push_back(f);
  if (f->fate.reset_at) {
    world_.after(*f->fate.reset_at, [f] {
      f->sender.deliver([f] {
        if (f->done()) return;
        f->error = asio::error::connection_reset;
        f->changed.notify_all();
      });
    });
  }
  server_.send(f);
  while (!f->done()) {
    const bool told = co_await f->changed.wait(deadline);
    if (!told && !f->done()) co_return;
  }
  result.error = f->error;
  if (f->error) co_return;
  on.closed = f->closes || severed_;
  if (on.closed) server_.hang_up(host_, on.epoch);
  if (seen) seen(*f);
  result.response = std::move(*f->response);
}

void link::sever() {
  severed_ = true;
  for (const auto& weak : flights_) {
    const auto f = weak.lock();
    if (!f || f->done()) continue;
    f->error = asio::error::connection_reset;
    f->changed.notify_all();
  }
  close_idle();
}

void link::close_idle() {
  for (auto& lane : lanes_) {
    for (const connection& on : lane.idle) server_.hang_up(host_, on.epoch);
    lane.idle.clear();
  }
}

}  // namespace tenure::sim
