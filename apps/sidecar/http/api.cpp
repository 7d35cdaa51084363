#include "sidecar/http/api.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <tenure/toolkit/json_writer.hpp>
#include <utility>

#include "common/duration.hpp"
#include "sidecar/http/metrics.hpp"
#include "sidecar/http/ui/page.hpp"

namespace tenure::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* html_type = "text/html; charset=utf-8";
constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* stream_type = "text/event-stream";

constexpr std::size_t max_feeds = 64;
constexpr std::size_t stream_buffer = 16 * 1024;
constexpr std::size_t target_limit = 1024;
constexpr duration lease_interval = 1s;

bool is_true(std::string_view text) {
  return text.empty() || text == "1" || text == "true" || text == "yes";
}

/// A method of HTTP. The others are unknown here, rather than not allowed.
bool is_known(const std::string& method) {
  constexpr std::array known{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"};
  return std::ranges::find(known, method) != known.end();
}

/// From the query, or from the header for clients that cannot set one.
std::optional<std::string> param(const request& what, std::string_view query,
                                 std::string_view header) {
  const auto value = what.query_param(query);
  return value ? value : what.header(header);
}

/// Throws apps::usage_error.
stream_options stream_options_of(const request& what, duration heartbeat) {
  stream_options options;
  if (heartbeat > 0s) options.heartbeat = heartbeat;
  if (const auto ids = param(what, "id", "Tenure-Event-Id")) options.ids = is_true(*ids);
  if (const auto last = what.header("Last-Event-ID")) {
    options.ids = true;
    options.last_id = *last;
  }
  if (const auto text = param(what, "heartbeat", "Tenure-Heartbeat")) {
    options.heartbeat = std::nullopt;
    if (*text == "none") return options;
    options.heartbeat = apps::parse_duration(*text);
    if (!is_heartbeat(*options.heartbeat)) {
      throw apps::usage_error("'" + std::string(*text) +
                              "' is out of range: choose 1s to 1h, or none");
    }
  }
  return options;
}

wire::http_server_options server_options(const http_config& config,
                                         std::shared_ptr<wire::bearer_token> token,
                                         std::shared_ptr<log_sink> log) {
  wire::http_server_options o;
  o.access.token = std::move(token);
  o.access.hosts = config.protection.hosts;
  o.log = std::move(log);
  o.header_limit = config.header_bytes;
  o.target_limit = target_limit;
  o.body_limit = 0;
  o.first_time = config.request_timeout;
  o.idle_time = config.idle_timeout;
  o.header_time = config.request_timeout;
  o.body_time = config.request_timeout;
  o.write_time = config.write_timeout;
  o.connections = config.connections;
  o.connections_per_address = config.connections_per_client;
  o.streams_per_address = config.streams_per_client;
  o.excess_connection = wire::http_server_options::excess::displaces;
  o.proxies = config.proxies;
  for (const char* const local : {"127.0.0.0/8", "::1"}) {
    o.proxies.push_back(wire::ip_range::parse(local).value());
  }
  o.requests_per_second = config.requests_per_second;
  o.all_headers = true;
  o.stream_buffer = stream_buffer;
  return o;
}

}  // namespace

class http_api::lease_timer final : public runtime::timer {
 public:
  explicit lease_timer(http_api& a)
      : timer([](runtime::timer& t) noexcept { static_cast<lease_timer&>(t).api.send_leases(); }),
        api(a) {}
  http_api& api;
};

http_api::http_api(const http_config& config, boost::asio::any_io_executor executor,
                   runtime::timers& timers,
                   std::shared_ptr<const metrics_registry> library_metrics,
                   std::shared_ptr<const output_environment> env, const joined_groups& groups,
                   std::shared_ptr<log_sink> log)
    : config_(config),
      log_(std::move(log)),
      token_(config.protection.make_token(log_)),
      tls_(config.protection.make_tls(log_)),
      executor_(std::move(executor)),
      timers_(timers),
      library_metrics_(std::move(library_metrics)),
      env_(std::move(env)),
      groups_(groups),
      wakeups_(executor_, feeds_),
      lease_timer_(std::make_unique<lease_timer>(*this)) {
  timers_.arm(*lease_timer_, timers_.now() + lease_interval);
}

http_api::~http_api() {
  timers_.disarm(*lease_timer_);
  listeners_.clear();  // their streams refer to the other members
}

void http_api::listen(const std::string& address, endpoints served) {
  auto found = std::ranges::find_if(listeners_,
                                    [&](const auto& l) { return l->served() == served; });
  if (found == listeners_.end()) {
    auto handle_request = [this](listener& at, std::uint64_t id, request what) {
      handle(exchange{.at = at, .id = id, .what = what});
    };
    listeners_.push_back(std::make_unique<listener>(served, server_options(config_, token_, log_),
                                                    executor_, timers_,
                                                    std::move(handle_request)));
    found = listeners_.end() - 1;
  }
  (*found)->listen(address, tls_);
}

std::vector<std::string> http_api::addresses() const {
  std::vector<std::string> all;
  for (const auto& l : listeners_)
    all.insert(all.end(), l->addresses().begin(), l->addresses().end());
  return all;
}

election_status& http_api::add(entered_election& e, const election_options& options) {
  end_feeds();
  return registry_.add(e, options);
}

void http_api::remove(const std::string& name) {
  election_status* const gone = registry_.remove(name);
  if (gone == nullptr) return;
  wakeups_.add(gone->subscribers);
  end_feeds();
}

// They refer to elections by their places.
void http_api::end_feeds() {
  for (feed_stream* feed : feeds_) feed->end();
  wakeups_.wake_feeds();
  wakeups_.start();
}

void http_api::update(election_status& e) {
  if (registry_.update(e)) wakeups_.add(e.subscribers);
  for (feed_stream* feed : feeds_) feed->mark_changed(e.index);
  wakeups_.start();
}

void http_api::update_groups() {
  for (feed_stream* feed : feeds_) feed->mark_groups_changed();
  wakeups_.wake_feeds();
}

void http_api::send_leases() {
  for (const auto& e : registry_.all()) {
    if (!e->update_failure()) continue;
    for (feed_stream* feed : feeds_) feed->mark_changed(e->index);
  }
  for (feed_stream* feed : feeds_) feed->mark_leases_due();
  wakeups_.wake_feeds();
  timers_.arm(*lease_timer_, timers_.now() + lease_interval);
}

void http_api::stop() {
  timers_.disarm(*lease_timer_);  // it would keep the process running
  for (const auto& l : listeners_) l->server().stop();
}

std::size_t http_api::connections() const noexcept {
  std::size_t sum = 0;
  for (const auto& l : listeners_) sum += l->server().connections();
  return sum;
}

// -- responses -----------------------------------------------------------------------------------

void http_api::send(const exchange& x, unsigned status, const char* type, std::string body,
                    headers more) {
  runtime::http_response response(status, std::move(body));
  response.headers.emplace_back("Content-Type", type);
  response.headers.emplace_back("Cache-Control", "no-cache");
  for (auto& header : more) response.headers.push_back(std::move(header));
  ++responses_[status / 100];
  x.at.server().respond(x.id, std::move(response));
}

/// `make_body` is not called for a HEAD, and not where the limits refuse a stream of events.
void http_api::send_stream(const exchange& x, const char* type,
                           const std::function<std::unique_ptr<wire::http_stream>()>& make_body) {
  using place = wire::http_server::stream_place;
  const bool events = std::string_view(type) == stream_type;
  runtime::http_response head(200, "");
  head.headers.emplace_back("Content-Type", type);
  head.headers.emplace_back("Cache-Control", "no-cache");
  // nginx would collect the events until it has a full buffer.
  if (events) head.headers.emplace_back("X-Accel-Buffering", "no");
  if (x.what.method() == "HEAD") {
    ++responses_[2];
    return x.at.server().respond_head(x.id, std::move(head));
  }
  switch (events ? x.at.server().find_stream_place(x.id) : place::free) {
    case place::address_full: return refuse(x, 429, "too many streams of one client address");
    case place::server_full: return refuse(x, 503, "too many streams");
    case place::free: break;
  }
  ++responses_[2];
  auto body = make_body();
  x.at.server().respond(x.id, std::move(head), std::move(body));
}

void http_api::refuse(const exchange& x, unsigned status, const std::string& why) {
  text::json_writer json;
  json.begin_object().key("error").value(why).end_object();
  headers more;
  if (status == 405) more.emplace_back("Allow", "GET, HEAD");
  if (status == 429 || status == 503) more.emplace_back("Retry-After", "1");
  send(x, status, json_type, json.take() + "\n", std::move(more));
}

// -- requests ------------------------------------------------------------------------------------

void http_api::handle(const exchange& x) {
  const request& what = x.what;
  if (what.method() != "GET" && what.method() != "HEAD" && !is_known(what.method()))
    return refuse(x, 501, "unknown method: use GET");
  if (what.method() != "GET" && what.method() != "HEAD")
    return refuse(x, 405, what.method() + " is not allowed: this server is read-only, use GET");
  if (what.has_body()) return refuse(x, 413, "a request must not have a body");
  const endpoints& served = x.at.served();
  if (served.probes && what.path() == "/healthz") return send(x, 200, text_type, "ok\n");
  if (served.probes && what.path() == "/readyz") {
    if (ending_) return refuse(x, 503, "shutting down");
    if (registry_.all_known()) return send(x, 200, text_type, "ok\n");
    return refuse(x, 503, "Consul has not returned the leader of every election yet");
  }
  if (served.metrics && what.path() == "/metrics") return send(x, 200, metrics_type, metrics());
  if (served.elections) return handle_app(x);
  refuse(x, 404, "not found");
}

void http_api::handle_app(const exchange& x) {
  constexpr std::string_view elections = "/elections/";
  const std::string_view path = x.what.path();
  if (path == "/" || path == "/sse") {
    election_status* const e = default_election(x);
    if (e != nullptr) handle_election(x, *e, path == "/" ? "" : "sse");
  } else if (path.starts_with(elections)) {
    const std::string_view rest = path.substr(elections.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    election_status* const e = registry_.find(rest.substr(0, slash));
    if (e == nullptr) return refuse(x, 404, "no such election: /elections lists them");
    handle_election(x, *e, rest.substr(std::min(slash + 1, rest.size())));
  } else if (path == "/elections") {
    send_list(x);
  } else if (path == "/groups") {
    send(x, 200, json_type, groups_.json() + "\n");
  } else if (config_.ui && path == "/ui") {
    send_page(x);
  } else if (config_.ui && path == "/ui/") {
    // Relative, as a proxy may serve the page below a path that only the browser knows.
    send(x, 308, text_type, "", {{"Location", "../ui"}});
  } else if (config_.ui && path == "/ui/events") {
    open_feed(x);
  } else {
    refuse(x, 404, "not found");
  }
}

/// The election of / and /sse. Without one, the request is refused.
election_status* http_api::default_election(const exchange& x) {
  if (!config_.election.empty()) {
    election_status* const named = registry_.find(config_.election);
    if (named == nullptr) refuse(x, 503, "the election is being restarted");
    return named;
  }
  if (registry_.all().size() == 1) return registry_.all().front().get();
  if (registry_.all().empty()) {
    refuse(x, 503, "the election is being restarted");
    return nullptr;
  }
  refuse(x, 404, "there are " + std::to_string(registry_.all().size()) +
                     " elections: use /elections/NAME, or configure one in http: election:");
  return nullptr;
}

void http_api::handle_election(const exchange& x, election_status& e, std::string_view rest) {
  if (rest.empty()) return send(x, 200, json_type, e.json());
  if (rest == "sse") return subscribe(x, e);
  if (rest == "detail")
    return send(x, 200, json_type, detail_json(e, {.terms = election_status::max_terms}) + "\n");
  refuse(x, 404, "not found: an election has /sse and /detail");
}

void http_api::send_list(const exchange& x) {
  send_stream(x, json_type, [&] { return std::make_unique<list_stream>(registry_); });
}

void http_api::send_page(const exchange& x) {
  send(x, 200, html_type, std::string(ui_page()),
       {{"Content-Security-Policy", std::string(ui_page_policy())},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}});
}

void http_api::subscribe(const exchange& x, election_status& e) {
  try {
    stream_options options = stream_options_of(x.what, config_.heartbeat);
    send_stream(x, stream_type, [&] {
      return std::make_unique<election_stream>(e, timers_, std::move(options),
                                               subscription(x.at.server(), x.id));
    });
  } catch (const apps::usage_error& problem) {
    refuse(x, 400, std::string("heartbeat: ") + problem.what());
  }
}

void http_api::open_feed(const exchange& x) {
  if (feeds_.size() >= max_feeds) return refuse(x, 503, "too many open status pages");
  send_stream(x, stream_type, [&] {
    std::function<std::string()> groups;
    if (!groups_.empty()) groups = [this] { return groups_.json(); };
    return std::make_unique<feed_stream>(registry_, feeds_, feed_hello(), std::move(groups),
                                         subscription(x.at.server(), x.id));
  });
}

std::string http_api::feed_hello() const {
  text::json_writer hello;
  hello.begin_object().key("elections").value(std::uint64_t{registry_.all().size()});
  const auto& all = registry_.all();
  hello.key("host").value(all.empty() ? "" : all.front()->options.candidacy.value());
  hello.key("page").value(ui_page_id()).end_object();
  std::string text = hello.take();
  text.insert(text.size() - 1, "," + feed_clocks());
  return text;
}

std::string http_api::metrics() const {
  metrics_input in(*library_metrics_, registry_, *env_, groups_, config_.metrics_of_elections);
  in.connections = connections();
  for (const auto& e : registry_.all()) in.subscribers += e->subscribers.size();
  in.feeds = feeds_.size();
  for (const auto& l : listeners_) in.refused += l->server().refused();
  in.responses = responses_;
  return metrics_text(in);
}

}  // namespace tenure::sidecar
