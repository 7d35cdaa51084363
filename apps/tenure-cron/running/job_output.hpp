// The output of one run of a job, from its pipe to standard output.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "command/supervised_command.hpp"
#include "tenure-cron/running/stdout_writer.hpp"

namespace tenure::cron {

/// Reads no faster than standard output takes the lines, so that a job that prints without end
/// fills its pipe and not the memory. Always in a shared_ptr: its tasks hold it too.
class job_output : public std::enable_shared_from_this<job_output> {
 public:
  /// `pipe`: the reading end, which it takes over. `output` must outlive it.
  job_output(boost::asio::any_io_executor executor, stdout_writer& output, std::string job_name,
             int pipe);

  /// Reads until the last writer has closed the pipe, or finish() gives up.
  boost::asio::awaitable<void> read();
  /// Await it when the command and everything that it started are gone: waits for the last lines,
  /// two seconds at most.
  boost::asio::awaitable<void> finish();

 private:
  boost::asio::awaitable<void> wait_for_room();
  void add(std::string_view text);

  boost::asio::any_io_executor executor_;
  stdout_writer& output_;
  std::string job_name_;
  boost::asio::posix::stream_descriptor pipe_;
  command::lease_timer timer_;
  std::array<char, 4096> block_;
  std::string line_;
  bool done_ = false;
  bool given_up_ = false;
};

}  // namespace tenure::cron
