// The production transport, with a hand on the requests: a test may make one look lost, keep it,
// and let it arrive much later.
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

  /// Requests for which this is true are kept; to their sender the answer is lost.
  std::function<bool(const runtime::http_request&)> keep;
  std::vector<runtime::http_request> kept;

  boost::asio::awaitable<runtime::exchange_result> exchange(runtime::lane where,
                                                            runtime::http_request request,
                                                            time_point deadline,
                                                            runtime::on_stale when_stale) override {
    if (keep && keep(request)) {
      kept.push_back(std::move(request));
      runtime::exchange_result lost;
      lost.error = consul_errc::timed_out;
      lost.sent = true;
      co_return lost;
    }
    auto passed_on = real_->exchange(where, std::move(request), deadline, when_stale);
    runtime::exchange_result answer = co_await std::move(passed_on);
    co_return answer;
  }

  /// Lets a kept request arrive now, and returns what the server says.
  boost::asio::awaitable<runtime::exchange_result> arrive(std::size_t which, time_point deadline) {
    runtime::http_request request = kept.at(which);
    auto late = real_->exchange(runtime::lane::requests, std::move(request), deadline,
                                runtime::on_stale::fail);
    runtime::exchange_result answer = co_await std::move(late);
    co_return answer;
  }

 private:
  std::shared_ptr<runtime::transport> real_;
};

}  // namespace tenure::test
