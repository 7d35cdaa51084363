// The pipes of one process, from which its output is read.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <tenure/toolkit/async_condition.hpp>

#include "command/descriptor.hpp"
#include "tenure-cron/output/run_output.hpp"

namespace tenure::cron {

/// Reads no faster than the target takes the lines, so that a job that prints without end fills
/// its pipe and not the memory. Always in a shared_ptr: its tasks hold it too.
class process_output : public std::enable_shared_from_this<process_output> {
 public:
  /// Makes the pipes and begins to read. Throws system_error if there are no descriptors left.
  static std::shared_ptr<process_output> open(const boost::asio::any_io_executor& executor,
                                              runtime::timers& timers,
                                              std::shared_ptr<run_output> to);
  process_output(const boost::asio::any_io_executor& executor, runtime::timers& timers,
                 std::shared_ptr<run_output> to);

  /// The process's ends of the pipes.
  int out() const noexcept { return pipes_[0].write_end.get(); }
  int err() const noexcept { return pipes_[1].write_end.get(); }
  /// Closes them here: the process has its own.
  void started() noexcept;

  /// Await it after the process has ended. It reads the rest of the pipes; if the target has no
  /// room, it gives up after two seconds. Returns how many bytes are lost. Processes that stay get
  /// SIGPIPE when they write after that.
  boost::asio::awaitable<std::size_t> finish();

 private:
  class pipe {
   public:
    pipe(const boost::asio::any_io_executor& executor, line_splitter::consumer to)
        : read_end(executor), lines(std::move(to)) {}
    void open();

    boost::asio::posix::stream_descriptor read_end;
    command::descriptor write_end{-1};
    line_splitter lines;
    bool ended = false;
  };

  boost::asio::awaitable<void> read(pipe& from);
  boost::asio::awaitable<void> wait_for_room();
  boost::asio::awaitable<void> wait_out_limit();
  boost::asio::awaitable<std::size_t> take_rest(pipe& from);
  line_splitter::consumer consumer_of(output_stream stream);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<run_output> to_;
  std::array<pipe, 2> pipes_;
  runtime::async_condition changed_;
  runtime::timers& timers_;
  time_point give_up_ = time_point::max();
};

}  // namespace tenure::cron
