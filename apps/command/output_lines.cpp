#include "command/output_lines.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration last_lines_timeout = 2s;

}  // namespace

std::shared_ptr<output_lines> output_lines::open(asio::any_io_executor executor,
                                                 std::function<void(std::string_view)> on_line) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "pipe");
  auto made = std::make_shared<output_lines>(executor, ends[0], ends[1], std::move(on_line));
  asio::co_spawn(executor, made->read(), asio::detached);
  return made;
}

output_lines::output_lines(asio::any_io_executor executor, int readable, int writable,
                           std::function<void(std::string_view)> on_line)
    : pipe_(executor, readable),
      writable_(writable),
      on_line_(std::move(on_line)),
      timer_(executor, time_point::max()) {}

output_lines::~output_lines() { close(); }

void output_lines::close() noexcept {
  if (writable_ >= 0) ::close(std::exchange(writable_, -1));
}

asio::awaitable<void> output_lines::read() {
  const auto self = shared_from_this();
  for (;;) {
    const auto buffer = asio::buffer(block_);
    const auto [error, size] = co_await pipe_.async_read_some(buffer, no_throw);
    if (error) break;
    add(std::string_view(block_.data(), size));
  }
  if (!line_.empty()) on_line_(line_);
  done_ = true;
  timer_.cancel();
}

asio::awaitable<void> output_lines::finish() {
  const auto self = shared_from_this();
  close();  // the last writer: the reader reaches the end after the rest
  const time_point end = boot_clock::now() + last_lines_timeout;
  while (!done_ && boot_clock::now() < end) {
    timer_.expires_at(end);
    co_await timer_.async_wait(no_throw);
  }
  pipe_.cancel();
}

void output_lines::add(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view part = text.substr(0, end).substr(0, longest_line - line_.size());
    line_ += part;
    text.remove_prefix(part.size());
    const bool whole = text.starts_with('\n');
    if (!whole && line_.size() < longest_line) return;
    on_line_(line_);
    line_.clear();
    if (whole) text.remove_prefix(1);
  }
}

}  // namespace tenure::command
