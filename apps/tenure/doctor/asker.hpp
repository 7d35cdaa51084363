// Requests to Consul one after the other, all of them within one time limit.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/consul_config.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_client.hpp>
#include <vector>

namespace tenure::doctor {

/// A key as Consul stores it.
struct stored_key {
  std::string key;
  std::string value;
  std::string session;  ///< of the holder; empty: not held
  std::uint64_t flags = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t lock_index = 0;  ///< 0: no session has held it since it was last put without one
};

/// What Consul answered, or why there is no answer.
struct reply {
  error_code error;
  runtime::http_response response;
  std::string says;  ///< the body, for people: without what the request sent and is secret
  duration took{0};
  std::chrono::system_clock::time_point at;  ///< when it came, by this host's clock

  bool answered() const noexcept { return !error; }
  bool has(unsigned status) const noexcept { return !error && response.status == status; }
  /// "403 Permission denied", or the error.
  std::string text() const;
};

/// Changes nothing in Consul: every request reads.
class asker {
 public:
  /// Throws bad_configuration for TLS files that cannot be used.
  asker(const consul_config& config, time_point end);

  const consul_config& config() const noexcept { return config_; }
  time_point end() const noexcept { return end_; }
  duration time_left() const;

  /// `path` with its query. One request takes a third of the whole time at most; when that is over,
  /// the error is consul_errc::timed_out.
  reply get(const std::string& path) { return send("GET", path, ""); }
  reply post(const std::string& path, std::string body) {
    return send("POST", path, std::move(body));
  }

  /// The path of a key below /v1/kv/, with a consistent read.
  static std::string kv_path(const std::string& key, std::string_view query = "consistent");
  /// The keys of an answer to kv_path(). Nothing for one that is not 200, or not Consul's.
  static std::vector<stored_key> keys_in(reply& from);
  /// The names in an answer to kv_path(KEY, "keys").
  static std::vector<std::string> names_in(const reply& from);

 private:
  reply send(std::string method, const std::string& path, std::string body);
  std::string with_place(const std::string& path) const;

  consul_config config_;
  time_point end_;
  duration most_;
  boost::asio::io_context io_{1};
  std::shared_ptr<runtime::timers> timers_;
  toolkit::http_client client_;
};

}  // namespace tenure::doctor
