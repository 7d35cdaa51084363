#include "tenure-cron/output/process_output.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration least_pause = 10ms;  // between looks for room
constexpr duration most_pause = 200ms;
constexpr duration reader_timeout = 2s;
// A job that prints more than its tenant may waits in its write: reading what is dropped at full
// speed would take the processor from the other tenants, and from the renewals.
constexpr duration over_limit_pause = 250ms;

// How much is read in one turn of the loop: thousands of short lines take their time.
constexpr std::size_t block_size = 4096;

// How many bytes came; 0 at the end of the stream, negative if there are none now.
ssize_t read_into(line_splitter& lines, run_output& to, int fd, std::size_t most) {
  char block[block_size];
  ssize_t got = 0;
  do {
    got = ::read(fd, block, std::min(most, sizeof block));
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return got;
  lines.add(std::string_view(block, static_cast<std::size_t>(got)));
  to.pass_on();
  return got;
}

}  // namespace

std::shared_ptr<process_output> process_output::open(const asio::any_io_executor& executor,
                                                     runtime::timers& timers,
                                                     std::shared_ptr<run_output> to) {
  auto made = std::make_shared<process_output>(executor, timers, std::move(to));
  for (pipe& each : made->pipes_) each.open();
  for (pipe& each : made->pipes_)
    asio::co_spawn(executor, made->read(each), asio::detached);
  return made;
}

process_output::process_output(const asio::any_io_executor& executor, runtime::timers& timers,
                               std::shared_ptr<run_output> to)
    : executor_(executor),
      to_(std::move(to)),
      pipes_{pipe(executor, consumer_of(output_stream::out)),
             pipe(executor, consumer_of(output_stream::err))},
      changed_(timers),
      timers_(timers) {}

void process_output::pipe::open() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "pipe");
  write_end.reset(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  boost::system::error_code failed;
  read_end.assign(ends[0], failed);
  if (!failed) return;
  ::close(ends[0]);
  throw boost::system::system_error(failed, "pipe");
}

line_splitter::consumer process_output::consumer_of(output_stream stream) {
  return [to = to_, stream](std::string_view text, bool goes_on) {
    to->add(stream, text, goes_on);
  };
}

void process_output::started() noexcept {
  for (pipe& each : pipes_) each.write_end.close();
}

asio::awaitable<void> process_output::read(pipe& from) {
  const auto self = shared_from_this();
  for (;;) {
    co_await wait_for_room();
    if (give_up_ != time_point::max()) break;  // finish() reads the rest
    const auto [error] = co_await from.read_end.async_wait(asio::posix::descriptor_base::wait_read,
                                                           no_throw);
    if (error || give_up_ != time_point::max()) break;
    const ssize_t got = read_into(from.lines, *to_, from.read_end.native_handle(), block_size);
    if (got == 0 || (got < 0 && errno != EAGAIN)) break;
    if (to_->over_limit()) co_await wait_out_limit();
  }
  from.ended = true;
  changed_.notify_all();
}

asio::awaitable<std::size_t> process_output::finish() {
  const auto self = shared_from_this();
  started();
  give_up_ = timers_.now() + reader_timeout;
  changed_.notify_all();
  std::size_t lost = 0;
  for (pipe& each : pipes_) {
    boost::system::error_code ignored;
    each.read_end.cancel(ignored);
    while (!each.ended) co_await changed_.wait();
    const std::size_t rest = co_await take_rest(each);
    lost += rest;
  }
  co_return lost;
}

// All that the process itself has written is in the pipe. A process that stays may go on writing:
// no more is read than there is now.
asio::awaitable<std::size_t> process_output::take_rest(pipe& from) {
  int left = 0;
  ::ioctl(from.read_end.native_handle(), FIONREAD, &left);
  while (left > 0) {
    co_await wait_for_room();
    if (!to_->has_room()) break;
    const auto most = static_cast<std::size_t>(left);
    const ssize_t got = read_into(from.lines, *to_, from.read_end.native_handle(), most);
    if (got <= 0) break;
    left -= static_cast<int>(got);
    co_await asio::post(executor_, asio::use_awaitable);  // the loop has other work
  }
  from.lines.end();
  to_->pass_on();
  boost::system::error_code ignored;
  from.read_end.close(ignored);
  co_return static_cast<std::size_t>(left);
}

asio::awaitable<void> process_output::wait_out_limit() {
  const time_point began_to_end = give_up_;
  const time_point until = timers_.now() + over_limit_pause;
  while (give_up_ == began_to_end && timers_.now() < until) co_await changed_.wait(until);
}

asio::awaitable<void> process_output::wait_for_room() {
  const time_point began_to_end = give_up_;
  duration pause = least_pause;
  while (!to_->has_room() && give_up_ == began_to_end && timers_.now() < give_up_) {
    co_await changed_.wait(timers_.now() + pause);
    pause = std::min(pause * 2, most_pause);
  }
}

}  // namespace tenure::cron
