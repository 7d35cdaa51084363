#include "tenure-cron/http/cron_http.hpp"

#include <boost/system/system_error.hpp>
#include <memory>
#include <tenure/toolkit/json_writer.hpp>

#include "common/duration.hpp"
#include "common/exit_codes.hpp"
#include "common/http/protection.hpp"
#include "common/options.hpp"
#include "tenure-cron/http/metrics.hpp"
#include "tenure-cron/http/ui/page.hpp"
#include "tenure-cron/operating/operations.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using apps::request;

namespace {

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* html_type = "text/html; charset=utf-8";
constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

constexpr std::size_t shown_records = 50;
constexpr std::size_t most_asking = 16;  // requests to Consul at a time, beside those of the jobs
constexpr const char* page_user = "status page";

wire::http_server_options server_options(const http_options& options,
                                         const std::shared_ptr<wire::bearer_token>& token,
                                         std::shared_ptr<log_sink> log) {
  wire::http_server_options o;
  if (options.is_private) o.access.token = token;
  o.access.hosts = options.protection.hosts;
  o.log = std::move(log);
  o.header_limit = 16 * 1024;
  o.target_limit = 1024;
  o.body_limit = 0;
  o.first_time = 10s;
  o.idle_time = 75s;
  o.write_time = 10s;
  o.connections = 1000;
  o.connections_per_address = 64;
  o.excess_connection = wire::http_server_options::excess::displaces;
  for (const char* const local : {"127.0.0.0/8", "::1"})
    o.proxies.push_back(wire::ip_range::parse(local).value());
  o.requests_per_second = 1000;
  o.all_headers = true;
  return o;
}

std::shared_ptr<wire::bearer_token> read_token(const http_options& options,
                                               const std::shared_ptr<log_sink>& log) {
  try {
    return options.protection.make_token(log);
  } catch (const bad_configuration& e) {
    throw apps::usage_error((options.protection.token_file.empty() ? "--http-token: "
                                                                   : "--http-token-file: ") +
                            std::string(e.what()));
  }
}

std::string done(const char* what, const std::string& value) {
  text::json_writer w;
  w.begin_object().key(what).value(value).end_object();
  return w.take() + "\n";
}

asio::awaitable<std::string> run_now(job_target at) {
  const std::string id = co_await order_run(at.store, at.keys, at.job, page_user);
  co_return done("run", id);
}

asio::awaitable<std::string> pause_now(job_target at) {
  co_await pause_job(at.store, at.keys, at.job, page_user);
  co_return done("paused", at.job);
}

asio::awaitable<std::string> resume_now(job_target at) {
  co_await resume_job(at.store, at.keys, at.job);
  co_return done("resumed", at.job);
}

asio::awaitable<std::string> history_of(job_target at) {
  const std::vector<run_record> all =
      co_await read_history(at.store, at.keys, at.job, shown_records);
  std::string text = "{\"records\":[";
  for (const run_record& r : all) text += (&r == &all.front() ? "" : ",") + to_json(r);
  co_return text + "]}\n";
}

}  // namespace

cron_http::cron_http(http_options options, asio::any_io_executor executor, runtime::timers& timers,
                     const replica_view& view, const run_metrics& runs,
                     std::shared_ptr<const metrics_registry> library,
                     std::shared_ptr<log_sink> log)
    : options_(std::move(options)),
      view_(view),
      runs_(runs),
      library_(std::move(library)),
      log_(std::move(log)),
      token_(read_token(options_, log_)),
      snapshot_(executor, timers, view),
      tasks_(executor, timers, [](std::exception_ptr) {}),
      server_(executor, timers, *this, server_options(options_, token_, log_)) {
  listen(options_.address);
}

void cron_http::listen(const std::string& address) {
  try {
    const auto tls = options_.protection.make_tls(log_);
    const unsigned short port = apps::listen(server_, address, tls);
    const bool any_port = address.ends_with(":0");
    log_->log(log_level::info, "listening",
              {log_field("address", any_port ? address.substr(0, address.size() - 1) +
                                                   std::to_string(port)
                                             : address)});
  } catch (const bad_configuration& e) {
    throw apps::usage_error(std::string("--http: ") + e.what());
  } catch (const boost::system::system_error& e) {
    std::string text = e.what();
    text = "--http: " + text.substr(0, text.rfind(" ["));
    if (apps::exit_code_of_listening(e.code()) == apps::exit_usage) throw apps::usage_error(text);
    throw apps::unavailable(text);
  }
}

asio::awaitable<void> cron_http::stop() {
  server_.stop();
  tasks_.cancel();
  co_await tasks_.join();
  co_await snapshot_.stop();
}

void cron_http::on_request(std::uint64_t id, runtime::http_request r) {
  const request what(std::move(r));
  if (what.has_body()) return refuse(id, 413, "a request must not have a body");
  if (what.method() == "GET" || what.method() == "HEAD") return show(id, what);
  if (what.method() == "POST") return operate(id, what);
  refuse(id, 405, "use GET, or POST to run, pause or resume a job");
}

void cron_http::show(std::uint64_t id, const request& what) {
  const std::string& path = what.path();
  if (path == "/") return send_page(id);
  if (path == "/healthz") return send(id, 200, text_type, "ok\n");
  if (path == "/metrics") return send(id, 200, metrics_type, metrics());
  if (path == "/api/jobs") return send(id, 200, json_type, snapshot_.json());
  if (path == "/api/history") return begin(id, what, history_of);
  if (path == "/api/access") {
    const bool good = is_authorized(what);
    return send(id, 200, json_type,
                std::string("{\"operate\":") +
                    (!token_ ? "\"never\"" : good ? "\"yes\"" : "\"token\"") +
                    "}\n");
  }
  refuse(id, 404, "not found");
}

void cron_http::operate(std::uint64_t id, const request& what) {
  const std::string& path = what.path();
  const task asked = path == "/api/run"      ? task(run_now)
                     : path == "/api/pause"  ? task(pause_now)
                     : path == "/api/resume" ? task(resume_now)
                                             : nullptr;
  if (asked == nullptr) return refuse(id, 404, "not found");
  if (!token_)
    return refuse(id, 403, "this replica has no --http-token: it only shows");
  if (!is_authorized(what)) return refuse(id, 401, "the token is missing or wrong");
  begin(id, what, asked);
}

bool cron_http::is_authorized(const request& what) const {
  return token_ && token_->in_bearer(what.header("Authorization").value_or(""));
}

void cron_http::begin(std::uint64_t id, const request& what, task asked) {
  const std::string name = what.query_param("tenant").value_or("");
  const std::string job = what.query_param("job").value_or("");
  for (const tenant_view& t : view_.tenants()) {
    if (t.name != name) continue;
    const job_ptr found = t.file.find(job);
    if (!found) break;
    if (what.path() == "/api/run" && found->run_on == run_place::all)
      return refuse(id, 409, "the job has run_on: all: its hosts run it at its ticks only");
    if (asking_ >= most_asking) return refuse(id, 503, "too many requests at a time");
    ++asking_;
    const std::string member = what.path() == "/api/history"
                                   ? what.query_param("member").value_or("")
                                   : "";
    const ledger_keys whole(t.file.ledger);
    ledger_keys keys = member.empty() ? whole : whole.of_host(member);
    return tasks_.spawn(perform(id, job_target(t.store, std::move(keys), job), asked));
  }
  refuse(id, 404, "there is no such job");
}

asio::awaitable<void> cron_http::perform(std::uint64_t id, job_target at, task asked) {
  const std::unique_ptr<std::size_t, void (*)(std::size_t*)> asking(
      &asking_, [](std::size_t* count) { --*count; });
  std::string problem;
  unsigned status = 503;
  try {
    std::string body = co_await asked(at);
    if (asked != history_of) snapshot_.mark_old();
    send(id, 200, json_type, std::move(body));
    co_return;
  } catch (const boost::system::system_error& e) {
    problem = e.what();
    // Such as a member whose name is not part of a key: another attempt would fail as well.
    if (e.code() == consul_errc::bad_request) status = 400;
  }
  if (asked != history_of) snapshot_.mark_old();  // it may have been carried out
  refuse(id, status, problem);
}

void cron_http::send(std::uint64_t id, unsigned status, const char* type, std::string body,
                     headers more) {
  runtime::http_response response(status, std::move(body));
  response.headers.emplace_back("Content-Type", type);
  response.headers.emplace_back("Cache-Control", "no-cache");
  for (auto& header : more) response.headers.push_back(std::move(header));
  server_.respond(id, std::move(response));
}

void cron_http::send_page(std::uint64_t id) {
  send(id, 200, html_type, std::string(ui_page()),
       {{"Content-Security-Policy", std::string(ui_page_policy())},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}});
}

void cron_http::refuse(std::uint64_t id, unsigned status, const std::string& why) {
  headers more;
  if (status == 405) more.emplace_back("Allow", "GET, HEAD, POST");
  if (status == 401) more.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) more.emplace_back("Retry-After", "1");
  send(id, status, json_type, done("error", why), std::move(more));
}

std::string cron_http::metrics() const {
  return metrics_text(view_, runs_, server_, library_ ? library_->prometheus_text() : "");
}

}  // namespace tenure::cron
