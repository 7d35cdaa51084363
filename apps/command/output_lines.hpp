// What a command prints, line by line.
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

/// One pipe, read until nobody can write into it any more. Always in a shared_ptr.
class output_lines : public std::enable_shared_from_this<output_lines> {
 public:
  /// Longer lines are cut in several.
  static constexpr std::size_t longest_line = 16 * 1024;

  /// Makes the pipe and begins to read. `take` gets each line without its end. Throws system_error
  /// where there are no descriptors.
  static std::shared_ptr<output_lines> open(boost::asio::any_io_executor executor,
                                            std::function<void(std::string_view)> take);
  output_lines(boost::asio::any_io_executor executor, int readable, int writable,
               std::function<void(std::string_view)> take);
  ~output_lines();

  /// What the command gets as its output; closed by finish().
  int descriptor() const noexcept { return writable_; }

  /// To be awaited when the command and all that it started are gone: waits for the last lines,
  /// but no longer than two seconds.
  boost::asio::awaitable<void> finish();

 private:
  boost::asio::awaitable<void> read();
  void add(std::string_view text);
  void close() noexcept;

  boost::asio::posix::stream_descriptor pipe_;
  int writable_;
  std::function<void(std::string_view)> take_;
  lease_timer timer_;
  std::array<char, 4096> block_;
  std::string line_;
  bool done_ = false;
};

}  // namespace tenure::command
