// The output of a command, line by line.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

#include "command/supervised_command.hpp"

namespace tenure::command {

/// One pipe, read until its last writer has closed it. Always in a shared_ptr.
class output_lines : public std::enable_shared_from_this<output_lines> {
 public:
  /// Longer lines are split.
  static constexpr std::size_t longest_line = 16 * 1024;

  /// Makes the pipe and begins to read. `on_line` gets each line without its line break. Throws
  /// system_error if there are no descriptors left.
  static std::shared_ptr<output_lines> open(boost::asio::any_io_executor executor,
                                            std::function<void(std::string_view)> on_line);
  output_lines(boost::asio::any_io_executor executor, int readable, int writable,
               std::function<void(std::string_view)> on_line);
  ~output_lines();

  /// The command's end of the pipe; finish() closes it.
  int descriptor() const noexcept { return writable_; }
  /// For a command that did not start: finish() is not needed then.
  void close() noexcept;

  /// Await it when the command and everything that it started are gone. It waits for the last
  /// lines, two seconds at most.
  boost::asio::awaitable<void> finish();

 private:
  boost::asio::awaitable<void> read();
  void add(std::string_view text);

  boost::asio::posix::stream_descriptor pipe_;
  int writable_;
  std::function<void(std::string_view)> on_line_;
  lease_timer timer_;
  std::array<char, 4096> block_;
  std::string line_;
  bool done_ = false;
};

}  // namespace tenure::command
