#include "job_runner.hpp"

#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

job_runner::job_runner(tenure::elections& elections, std::string name)
    : elections_(elections), name_(std::move(name)) {}

asio::awaitable<void> job_runner::run() {
  tenure::election election =
      elections_.enter("jobs/leader", tenure::candidacy(name_).span(10s).lock_delay(0s));
  for (;;) {
    auto body = [this](tenure::term term) { return work(std::move(term)); };
    co_await election.lead(std::move(body));
  }
}

// lead() cancels this when the term requests a stop: early enough for a job to end within the
// lease.
asio::awaitable<void> job_runner::work(tenure::term term) {
  working_ = true;
  started_at_ = elections_.now();
  std::exception_ptr failed;
  try {
    co_await run_jobs(std::move(term));
  } catch (...) {
    failed = std::current_exception();
  }
  working_ = false;
  stopped_at_ = elections_.now();
  if (failed) std::rethrow_exception(failed);
}

asio::awaitable<void> job_runner::run_jobs(tenure::term term) {
  for (;;) {
    co_await elections_.sleep_until(elections_.now() + 1s);  // the job
    tenure::leader_writes writes;
    writes.set("jobs/last", std::to_string(done_ + 1) + " by " + name_);
    boost::system::error_code error;
    try {
      co_await term.write(std::move(writes));
    } catch (const boost::system::system_error& thrown) {
      error = thrown.code();
    }
    if (error == tenure::errc::not_leading) {
      ++refused_;
      co_return;  // another leads: the term is over
    }
    if (error) throw boost::system::system_error(error);
    ++done_;
  }
}
