#include "sidecar/probe.hpp"

#include <sys/stat.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <tenure/consul_config.hpp>
#include <utility>

#include "common/duration.hpp"
#include "wire/http_client.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;

namespace {

constexpr std::string_view scheme = "http://";

class http_address {
 public:
  explicit http_address(const std::string& url) {
    const std::size_t begin = scheme.size();
    const std::size_t end = std::min(url.find('/', begin), url.size());
    const std::string host = url.substr(0, begin) == scheme ? url.substr(begin, end - begin) : "";
    if (host.empty())
      throw bad_configuration("'" + url + "' is not an address: write http://HOST:PORT/PATH");
    const bool has_port = host.back() != ']' && host.find(':', host.rfind(']') + 1) != host.npos;
    server.set_address(has_port ? host : host + ":80");
    if (end < url.size()) path = url.substr(end);
    for (const char c : path)
      if (c <= ' ' || c == 0x7f || c == '#')
        throw bad_configuration("'" + url + "' has a character that no path has: escape it");
  }
  consul_config server;
  std::string path = "/";
};

class over_http final : public probe {
 public:
  over_http(std::shared_ptr<const runtime::environment> outside, const std::string& url)
      : url_(url),
        address_(url),
        client_(outside->executor, outside->timers, address_.server,
                wire::lane_limits(1, 1, 1)) {}

  asio::awaitable<finding> ask(time_point deadline) override {
    runtime::http_request request("GET", address_.path);
    const runtime::exchange_result trip = co_await client_.exchange(
        runtime::lane::requests, std::move(request), deadline, runtime::on_stale::resend);
    if (trip.error == asio::error::operation_aborted)
      throw boost::system::system_error(trip.error);
    if (trip.error) co_return finding(false, url_ + ": " + trip.error.message());
    const unsigned status = trip.response.status;
    const bool good = status >= 200 && status < 400;
    co_return finding(good, url_ + ": " + std::to_string(status));
  }

 private:
  std::string url_;
  http_address address_;
  wire::http_client client_;
};

class of_a_file final : public probe {
 public:
  of_a_file(std::string file, duration most) : file_(std::move(file)), most_(most) {}

  asio::awaitable<finding> ask(time_point) override {
    finding found = look();
    co_return found;
  }

 private:
  finding look() const {
    struct stat seen = {};
    if (::stat(file_.c_str(), &seen) != 0)
      return finding(false, file_ + ": " + std::strerror(errno));
    // By the clock that stamps files.
    const auto written = std::chrono::seconds(seen.st_mtim.tv_sec) +
                         std::chrono::nanoseconds(seen.st_mtim.tv_nsec);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const duration age = std::chrono::duration_cast<duration>(now - written);
    if (age <= most_) return finding();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(age);
    return finding(false, file_ + ": not written for " + apps::to_text(seconds));
  }

  std::string file_;
  duration most_;
};

}  // namespace

std::shared_ptr<probe> http_probe(std::shared_ptr<const runtime::environment> outside,
                                  const std::string& url) {
  return std::make_shared<over_http>(std::move(outside), url);
}

void check_probe_url(const std::string& url) { const http_address checked(url); }

std::shared_ptr<probe> file_probe(std::string file, duration most) {
  return std::make_shared<of_a_file>(std::move(file), most);
}

}  // namespace tenure::sidecar
