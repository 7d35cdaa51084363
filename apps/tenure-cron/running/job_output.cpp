#include "tenure-cron/running/job_output.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_line = 16 * 1024;  // longer lines are split
constexpr duration last_lines_timeout = 2s;

}  // namespace

job_output::job_output(asio::any_io_executor executor, stdout_writer& output, std::string job_name,
                       int pipe)
    : executor_(executor),
      output_(output),
      job_name_(std::move(job_name)),
      pipe_(executor, pipe),
      timer_(executor, time_point::max()) {}

asio::awaitable<void> job_output::read() {
  const auto self = shared_from_this();
  for (;;) {
    co_await wait_for_room();
    if (given_up_) break;
    const auto buffer = asio::buffer(block_);
    const auto [error, size] = co_await pipe_.async_read_some(buffer, no_throw);
    if (error) break;
    add(std::string_view(block_.data(), size));
  }
  if (!line_.empty()) output_.add(job_name_, line_);
  done_ = true;
  timer_.cancel();
}

asio::awaitable<void> job_output::finish() {
  const auto self = shared_from_this();
  const time_point end = boot_clock::now() + last_lines_timeout;
  while (!done_ && boot_clock::now() < end) {
    timer_.expires_at(end);
    co_await timer_.async_wait(no_throw);
  }
  given_up_ = true;  // standard output has had no room for too long
  pipe_.cancel();
}

asio::awaitable<void> job_output::wait_for_room() {
  command::lease_timer pause(executor_);
  while (!output_.has_room() && !given_up_) {
    pause.expires_after(20ms);
    co_await pause.async_wait(no_throw);
  }
}

void job_output::add(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    line_ += text.substr(0, end);
    if (end == std::string_view::npos && line_.size() < longest_line) return;
    output_.add(job_name_, line_);
    line_.clear();
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace tenure::cron
