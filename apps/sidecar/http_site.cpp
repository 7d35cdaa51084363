#include "sidecar/http_site.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "common/duration.hpp"
#include "sidecar/metrics.hpp"
#include "sidecar/ui_page.hpp"
#include "sidecar/wall_time.hpp"
#include "text/ascii.hpp"
#include "text/json_writer.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* stream_type = "text/event-stream";
/// The page needs nothing from anywhere else, and may not be told to.
constexpr const char* page_policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

constexpr std::size_t most_woken_at_once = 256;
constexpr std::size_t most_feeds = 64;
constexpr std::size_t stream_buffer = 16 * 1024;
constexpr std::size_t most_query = 1024;
constexpr duration least_heartbeat = 1s;
constexpr duration most_heartbeat = 1h;
constexpr duration lease_interval = 1s;

bool is_true(std::string_view text) {
  return text.empty() || text == "1" || text == "true" || text == "yes";
}

}  // namespace

/// A request, taken apart.
class http_site::asked {
 public:
  explicit asked(runtime::http_request r) : request_(std::move(r)) {
    const std::string_view target = request_.target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    path = target.substr(0, mark);
    query_ = target.substr(std::min(mark + 1, target.size()));
  }

  const std::string& method() const noexcept { return request_.method; }
  std::string_view target() const noexcept { return request_.target; }
  std::optional<std::string_view> header(std::string_view name) const {
    for (const auto& [key, value] : request_.headers) {
      if (text::iequals(key, name)) return std::string_view(value);
    }
    return std::nullopt;
  }
  /// What the query says, empty where it has no value; else the header of that name.
  std::optional<std::string_view> wish(std::string_view query, std::string_view in_header) const {
    for (std::string_view rest = query_; !rest.empty();) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      const std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equal = std::min(pair.find('='), pair.size());
      if (pair.substr(0, equal) == query) return pair.substr(std::min(equal + 1, pair.size()));
    }
    return header(in_header);
  }
  bool has_body() const noexcept {
    return !request_.body.empty() || header("Content-Length").value_or("0") != "0" ||
           header("Transfer-Encoding").has_value();
  }

  std::string_view path;

 private:
  runtime::http_request request_;
  std::string_view query_;
};

/// One server. Several addresses may lead to it.
class http_site::door final : public wire::http_service {
 public:
  door(http_site& site, duties duty, wire::http_server_options options)
      : duty(duty), server(site.executor_, site.timers_, *this, options), site_(site) {}

  void on_request(std::uint64_t id, runtime::http_request request) override {
    site_.answer(*this, id, asked(std::move(request)));
  }
  void on_closed(std::uint64_t) override {}

  duties duty;
  wire::http_server server;
  std::vector<std::string> addresses;

 private:
  http_site& site_;
};

class http_site::lease_tick final : public runtime::timer {
 public:
  explicit lease_tick(http_site& s)
      : timer([](runtime::timer& t) noexcept { static_cast<lease_tick&>(t).site.tick(); }),
        site(s) {}
  http_site& site;
};

http_site::http_site(const http_config& config, asio::any_io_executor executor,
                     runtime::timers& timers)
    : config_(config),
      executor_(std::move(executor)),
      timers_(timers),
      tick_(std::make_unique<lease_tick>(*this)) {}

http_site::~http_site() {
  timers_.disarm(*tick_);
  doors_.clear();
}

void http_site::listen(const std::string& address, duties duty) {
  const auto same = [&](const auto& d) {
    return d->duty.app == duty.app && d->duty.probe == duty.probe &&
           d->duty.metrics == duty.metrics;
  };
  auto found = std::find_if(doors_.begin(), doors_.end(), same);
  if (found == doors_.end()) {
    wire::http_server_options o;
    o.header_limit = config_.header_bytes;
    o.body_limit = 0;
    o.header_time = 5s;
    o.body_time = 5s;
    o.write_time = config_.write_timeout;
    o.connections = config_.connections;
    o.connections_per_address = config_.connections_per_client;
    o.requests_per_second = config_.requests_per_second;
    o.all_headers = true;
    o.stream_buffer = stream_buffer;
    doors_.push_back(std::make_unique<door>(*this, duty, o));
    found = doors_.end() - 1;
  }
  (*found)->server.listen(address);
  const bool chosen = address.ends_with(":0");
  (*found)->addresses.push_back(
      chosen ? address.substr(0, address.size() - 1) + std::to_string((*found)->server.port())
             : address);
}

std::vector<std::string> http_site::addresses() const {
  std::vector<std::string> all;
  for (const auto& d : doors_) all.insert(all.end(), d->addresses.begin(), d->addresses.end());
  return all;
}

board_entry& http_site::add(standing_election& e, const election_terms& terms) {
  return board_.add(e, terms);
}

void http_site::update(board_entry& e) {
  if (board_.update(e)) {
    to_wake_.emplace_back(e.subscribers.begin(), e.subscribers.end());
  }
  for (feed_stream* feed : feeds_) feed->mark(e.index);
  if (waking_ || (to_wake_.empty() && feeds_.empty())) return;
  waking_ = true;
  asio::post(executor_, [this] { wake_some(); });
}

// In turns, so that ten thousand subscribers do not hold up what else this thread has to do.
void http_site::wake_some() {
  waking_ = false;
  for (feed_stream* feed : std::vector(feeds_.begin(), feeds_.end())) feed->wake();
  for (std::size_t woken = 0; !to_wake_.empty() && woken < most_woken_at_once;) {
    std::vector<subscription>& next = to_wake_.front();
    for (; !next.empty() && woken < most_woken_at_once; ++woken) {
      next.back().wake();
      next.pop_back();
    }
    if (next.empty()) to_wake_.pop_front();
  }
  if (to_wake_.empty()) return;
  waking_ = true;
  asio::post(executor_, [this] { wake_some(); });
}

void http_site::tick() {
  for (feed_stream* feed : feeds_) feed->leases_due();
  for (feed_stream* feed : std::vector(feeds_.begin(), feeds_.end())) feed->wake();
  if (!feeds_.empty()) timers_.arm(*tick_, timers_.now() + lease_interval);
}

void http_site::stop() {
  for (const auto& d : doors_) d->server.stop();
}

std::size_t http_site::connections() const noexcept {
  std::size_t sum = 0;
  for (const auto& d : doors_) sum += d->server.connections();
  return sum;
}

// -- answers -------------------------------------------------------------------------------------

void http_site::send(door& at, std::uint64_t id, unsigned status, std::string type,
                     std::string body, std::vector<std::pair<std::string, std::string>> more) {
  runtime::http_response response(status, std::move(body));
  response.headers.emplace_back("Content-Type", std::move(type));
  response.headers.emplace_back("Cache-Control", "no-cache");
  for (auto& header : more) response.headers.push_back(std::move(header));
  ++sums_.by_class[status / 100];
  at.server.respond(id, std::move(response));
}

void http_site::refuse(door& at, std::uint64_t id, unsigned status, const std::string& why) {
  text::json_writer json;
  json.begin_object().key("error").value(why).end_object();
  std::vector<std::pair<std::string, std::string>> more;
  if (status == 405) more.emplace_back("Allow", "GET, HEAD");
  if (status == 503) more.emplace_back("Retry-After", "1");
  send(at, id, status, json_type, json.take() + "\n", std::move(more));
}

void http_site::answer(door& at, std::uint64_t id, const asked& what) {
  if (what.method() != "GET" && what.method() != "HEAD") {
    return refuse(at, id, 405, what.method() + " is not taken here: all is read only, by GET");
  }
  if (what.has_body()) return refuse(at, id, 413, "a GET has no body here");
  if (what.target().size() > most_query) return refuse(at, id, 414, "the address is too long");
  if (at.duty.probe && what.path == "/healthz") return send(at, id, 200, text_type, "ok\n");
  if (at.duty.probe && what.path == "/readyz") {
    if (ending_) return refuse(at, id, 503, "on the way out");
    if (board_.all_known()) return send(at, id, 200, text_type, "ok\n");
    return refuse(at, id, 503, "Consul has not yet told who leads");
  }
  if (at.duty.metrics && what.path == "/metrics") {
    return send(at, id, 200, metrics_type, metrics());
  }
  if (at.duty.app) return answer_app(at, id, what);
  refuse(at, id, 404, "there is nothing at this address");
}

board_entry* http_site::default_election(std::string& why) {
  if (!config_.election.empty()) return board_.find(config_.election);
  if (board_.entries().size() == 1) return board_.entries().front().get();
  why = "there are " + std::to_string(board_.entries().size()) +
        " elections: ask for /elections/NAME, or name one in http: election:";
  return nullptr;
}

void http_site::answer_app(door& at, std::uint64_t id, const asked& what) {
  constexpr std::string_view elections = "/elections/";
  if (what.path == "/" || what.path == "/sse") {
    std::string why;
    board_entry* const e = default_election(why);
    if (e == nullptr) return refuse(at, id, 404, why);
    return answer_election(at, id, what, *e, what.path == "/" ? "" : "sse");
  }
  if (what.path.starts_with(elections)) {
    const std::string_view rest = what.path.substr(elections.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    board_entry* const e = board_.find(rest.substr(0, slash));
    if (e == nullptr) return refuse(at, id, 404, "no such election: /elections lists them");
    return answer_election(at, id, what, *e, rest.substr(std::min(slash + 1, rest.size())));
  }
  if (what.path == "/elections") {
    runtime::http_response head(200, "");
    head.headers.emplace_back("Content-Type", json_type);
    head.headers.emplace_back("Cache-Control", "no-cache");
    if (what.method() == "HEAD") return at.server.respond(id, std::move(head));
    ++sums_.by_class[2];
    return at.server.respond(id, std::move(head), std::make_unique<list_stream>(board_));
  }
  if (config_.ui && what.path == "/ui") {
    return send(at, id, 200, "text/html; charset=utf-8", std::string(ui_page()),
                {{"Content-Security-Policy", page_policy}, {"X-Content-Type-Options", "nosniff"}});
  }
  if (config_.ui && what.path == "/ui/events") return feed(at, id, what);
  refuse(at, id, 404, "there is nothing at this address");
}

void http_site::answer_election(door& at, std::uint64_t id, const asked& what, board_entry& e,
                                std::string_view rest) {
  if (rest.empty()) return send(at, id, 200, json_type, e.body());
  if (rest == "sse") return subscribe(at, id, what, e);
  if (rest == "detail") {
    return send(at, id, 200, json_type, detail_json(e, board::most_spells) + "\n");
  }
  refuse(at, id, 404, "an election has sse and detail, and nothing else");
}

void http_site::subscribe(door& at, std::uint64_t id, const asked& what, board_entry& e) {
  runtime::http_response head(200, "");
  head.headers.emplace_back("Content-Type", stream_type);
  head.headers.emplace_back("Cache-Control", "no-cache");
  if (what.method() == "HEAD") return at.server.respond(id, std::move(head));
  stream_wishes wishes;
  if (const auto ids = what.wish("id", "Tenure-Event-Id")) wishes.ids = is_true(*ids);
  if (const auto last = what.header("Last-Event-ID")) {
    wishes.ids = true;
    wishes.last_id = *last;
  }
  if (const auto beat = what.wish("heartbeat", "Tenure-Heartbeat")) {
    try {
      wishes.heartbeat = apps::parse_duration(*beat);
    } catch (const apps::usage_error& problem) {
      return refuse(at, id, 400, std::string("heartbeat: ") + problem.what());
    }
    if (*wishes.heartbeat < least_heartbeat || *wishes.heartbeat > most_heartbeat) {
      return refuse(at, id, 400, "heartbeat: '" + std::string(*beat) + "' is not from 1s to 1h");
    }
  }
  ++sums_.by_class[2];
  at.server.respond(id, std::move(head),
                    std::make_unique<election_stream>(e, timers_, std::move(wishes),
                                                      subscription(at.server, id)));
}

void http_site::feed(door& at, std::uint64_t id, const asked& what) {
  runtime::http_response head(200, "");
  head.headers.emplace_back("Content-Type", stream_type);
  head.headers.emplace_back("Cache-Control", "no-cache");
  if (what.method() == "HEAD") return at.server.respond(id, std::move(head));
  if (feeds_.size() >= most_feeds) {
    return refuse(at, id, 503, "too many look at the status page already");
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  text::json_writer hello;
  hello.begin_object().key("elections").value(std::uint64_t{board_.entries().size()});
  hello.key("host").value(board_.entries().front()->terms.how.value());
  hello.key("now_ms").value(
      std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()});
  hello.end_object();
  ++sums_.by_class[2];
  if (feeds_.empty()) timers_.arm(*tick_, timers_.now() + lease_interval);
  at.server.respond(id, std::move(head),
                    std::make_unique<feed_stream>(board_, feeds_, hello.take(),
                                                  subscription(at.server, id)));
}

std::string http_site::metrics() const {
  metrics_input in(board_, config_.metrics_of_elections);
  in.connections = connections();
  for (const auto& e : board_.entries()) in.subscribers += e->subscribers.size();
  in.feeds = feeds_.size();
  for (const auto& d : doors_) in.refused += d->server.refused();
  in.answers = sums_.by_class;
  return metrics_text(in);
}

}  // namespace tenure::sidecar
