// The production transport, with control over requests: a test can hold one back, so that its
// sender sees no answer, and let it arrive much later.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/transport.hpp"

namespace tenure::test {

class late_transport final : public runtime::transport {
 public:
  explicit late_transport(std::shared_ptr<runtime::transport> real) : real_(std::move(real)) {}

  /// Requests for which this returns true are held back; their sender gets a time-out.
  std::function<bool(const runtime::http_request&)> hold_back;
  std::vector<runtime::http_request> held_back;

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                       runtime::http_request request,
                                                       time_point deadline,
                                                       runtime::on_stale when_stale) override {
    if (hold_back && hold_back(request)) {
      held_back.push_back(std::move(request));
      runtime::exchange_result lost;
      lost.error = consul_errc::timed_out;
      lost.sent = true;
      co_return lost;
    }
    auto forwarded = real_->exchange(where, std::move(request), deadline, when_stale);
    runtime::exchange_result answer = co_await std::move(forwarded);
    co_return answer;
  }

  /// Sends a request that was held back, and returns the server's answer.
  boost::asio::awaitable<runtime::exchange_result> deliver(std::size_t index, time_point deadline) {
    runtime::http_request request = held_back.at(index);
    auto late = real_->exchange(runtime::lane::requests, std::move(request), deadline,
                                runtime::on_stale::fail);
    runtime::exchange_result answer = co_await std::move(late);
    co_return answer;
  }

 private:
  std::shared_ptr<runtime::transport> real_;
};

}  // namespace tenure::test
