// An HTTP server with TLS on a thread of the test.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <tenure/toolkit/http_server.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/environment.hpp"
#include "support/certificates.hpp"

namespace tenure::test {

/// The files of a server.
class server_files {
 public:
  std::string path(const std::string& name) const { return folder_.path() + '/' + name; }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  void write(const key_pair& pair) const {
    write("cert.pem", pair.cert);
    write("key.pem", pair.key);
  }
  wire::server_tls_files names() const { return {path("cert.pem"), path("key.pem"), ""}; }

 private:
  scratch_folder folder_;
};

/// A certificate for a host of that name, which is its subject, too.
inline key_pair issue(const certificate_authority& authority, const std::string& name) {
  certificate_request request;
  request.names = {name};
  return authority.issue(request);
}

/// The lines of a log: "level message".
class server_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    std::string line = std::string(to_string(level)) + " " + std::string(message);
    for (const log_field& field : fields) {
      line += " " + std::string(field.name()) + "=" + std::string(field.value());
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A stream of what the test sends.
class test_stream final : public wire::http_stream {
 public:
  explicit test_stream(std::shared_ptr<const std::string>& next) : next_(next) {}
  std::shared_ptr<const std::string> next() override { return std::exchange(next_, nullptr); }

 private:
  std::shared_ptr<const std::string>& next_;
};

/// Answers GET /N with N bytes, GET /stream with a stream, PUT with the length of its body, and
/// GET /never not at all.
class tls_server final : public wire::http_service {
 public:
  explicit tls_server(const wire::server_tls_files& files, wire::http_server_options options = {},
                      std::shared_ptr<log_sink> log = silent_log())
      : timers_(runtime::system_timers(io_.get_executor())),
        server_(std::make_unique<wire::http_server>(io_.get_executor(), *timers_, *this,
                                                    options)) {
    const wire::server_tls tls(files, std::move(log));
    address_ = "127.0.0.1:" + std::to_string(server_->listen("127.0.0.1:0", tls));
    plain_address_ = "127.0.0.1:" + std::to_string(server_->listen("127.0.0.1:0"));
    thread_ = std::thread([this] {
      const auto work = boost::asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~tls_server() override {
    boost::asio::post(io_, [this] {
      server_.reset();
      io_.stop();
    });
    thread_.join();
  }

  const std::string& address() const noexcept { return address_; }
  const std::string& plain_address() const noexcept { return plain_address_; }
  template <class F>
  auto on_its_thread(F f) {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }
  int closed() {
    return on_its_thread([this] { return closed_; });
  }
  std::size_t connections() {
    return on_its_thread([this] { return server_->connections(); });
  }
  void stream(const std::string& piece) {
    on_its_thread([&] {
      piece_ = std::make_shared<const std::string>(piece);
      server_->resume(stream_);
    });
  }
  void stop() {
    on_its_thread([this] { server_->stop(); });
  }

 private:
  void on_request(std::uint64_t id, runtime::http_request request) override {
    if (request.method == "PUT") {
      server_->respond(id, runtime::http_response(200, std::to_string(request.body.size())));
    } else if (request.target == "/stream") {
      stream_ = id;
      server_->respond(id, runtime::http_response(200, ""), std::make_unique<test_stream>(piece_));
    } else if (request.target != "/never") {
      const std::size_t size = std::stoul(request.target.substr(1));
      server_->respond(id, runtime::http_response(200, std::string(size, 'x')));
    }
  }
  void on_closed(std::uint64_t) override { ++closed_; }

  boost::asio::io_context io_{1};
  std::shared_ptr<runtime::timers> timers_;
  std::shared_ptr<const std::string> piece_;
  std::unique_ptr<wire::http_server> server_;
  std::uint64_t stream_ = 0;
  int closed_ = 0;
  std::string address_;
  std::string plain_address_;
  std::thread thread_;
};

}  // namespace tenure::test
