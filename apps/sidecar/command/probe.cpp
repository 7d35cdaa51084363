#include "sidecar/command/probe.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <tenure/consul_config.hpp>
#include <tenure/toolkit/http_client.hpp>
#include <utility>

#include "common/duration.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;

namespace {

constexpr std::string_view scheme = "http://";

/// Without what may be a password or a token: what is before an @, and the query.
std::string shown(const std::string& url) {
  constexpr const char* hidden = "(hidden)";
  std::string text = url.substr(0, url.find_first_of("?#"));
  if (text.size() < url.size()) text += url.substr(text.size(), 1) + hidden;
  const std::size_t at = text.rfind('@');
  if (at == text.npos) return text;
  const std::size_t begin = text.starts_with(scheme) ? scheme.size() : 0;
  return text.replace(begin, at - begin, hidden);
}

/// A URL, split into what the client needs.
class http_url {
 public:
  explicit http_url(const std::string& url) {
    const std::size_t begin = scheme.size();
    const std::size_t end = std::min(url.find('/', begin), url.size());
    const std::string host = url.substr(0, begin) == scheme ? url.substr(begin, end - begin) : "";
    if (host.empty())
      throw bad_configuration("'" + shown(url) +
                              "' is not a URL of HTTP: write http://HOST:PORT/PATH");
    const bool has_port = host.back() != ']' && host.find(':', host.rfind(']') + 1) != host.npos;
    try {
      server = consul_config(has_port ? host : host + ":80").address();
    } catch (const bad_configuration&) {  // it speaks of Consul
      throw bad_configuration("'" + shown(url) + "' has no host and port that can be used: write "
                              "http://HOST:PORT/PATH, an IPv6 address in brackets");
    }
    if (end < url.size()) path = url.substr(end);
    for (const char c : path)
      if (c <= ' ' || c == 0x7f || c == '#')
        throw bad_configuration("'" + shown(url) +
                                "' has a character that is not allowed in a path: escape it");
  }
  std::string server;  ///< host and port
  std::string path = "/";
};

class http_check final : public probe {
 public:
  http_check(std::shared_ptr<const output_environment> env, const std::string& url)
      : shown_(shown(url)),
        address_(url),
        client_(env->executor, env->timers, address_.server) {}

  asio::awaitable<finding> check(time_point deadline) override {
    runtime::http_request request("GET", address_.path);
    const toolkit::http_result trip = co_await client_.send(std::move(request), deadline);
    if (trip.error) co_return finding::unhealthy(shown_ + ": " + trip.error.message());
    const unsigned status = trip.response.status;
    if (status >= 200 && status < 400) co_return finding::healthy();
    co_return finding::unhealthy(shown_ + ": " + std::to_string(status));
  }

 private:
  std::string shown_;
  http_url address_;
  toolkit::http_client client_;
};

class file_check final : public probe {
 public:
  file_check(std::string file, duration max_age) : file_(std::move(file)), max_age_(max_age) {}

  asio::awaitable<finding> check(time_point) override {
    finding found = check_file();
    co_return found;
  }

 private:
  finding check_file() const {
    struct stat seen = {};
    if (::stat(file_.c_str(), &seen) != 0)
      return finding::unhealthy(file_ + ": " + std::strerror(errno));
    // The wall clock: file times come from it.
    const auto written = std::chrono::seconds(seen.st_mtim.tv_sec) +
                         std::chrono::nanoseconds(seen.st_mtim.tv_nsec);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const duration age = std::chrono::duration_cast<duration>(now - written);
    if (age <= max_age_) return finding::healthy();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(age);
    return finding::unhealthy(file_ + ": not written for " + apps::to_text(seconds));
  }

  std::string file_;
  duration max_age_;
};

}  // namespace

std::shared_ptr<probe> http_probe(std::shared_ptr<const output_environment> env,
                                  const std::string& url) {
  return std::make_shared<http_check>(std::move(env), url);
}

void check_probe_url(const std::string& url) { const http_url checked(url); }

std::shared_ptr<probe> file_probe(std::string file, duration max_age) {
  return std::make_shared<file_check>(std::move(file), max_age);
}

}  // namespace tenure::sidecar
