// Lines to a descriptor, written by a separate thread: a reader that is slow, stopped or dead must
// not block the thread that renews the lease and handles the signals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

namespace tenure::apps {

/// Any thread may call it. The thread that writes starts with the first line. It may hang in
/// write() for ever, so nothing waits for it without a limit.
class line_writer {
 public:
  /// Text that waits to be written.
  static constexpr std::size_t capacity = 1 << 20;
  /// What add() does with a text for which there is no room.
  enum class when_full {
    drop,  ///< counts it
    keep,  ///< for callers that look at has_room() before they make more
  };
  /// How long a program waits for its last lines.
  static constexpr duration last_lines_timeout = std::chrono::seconds(2);

  explicit line_writer(int descriptor, when_full policy = when_full::drop);
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;
  /// Waits for nothing: call flush() before.
  ~line_writer();

  /// Adds a text that ends with a line break, or drops it.
  void add(std::string_view text);
  /// If not, more text should be made only when there is.
  bool has_room() const;
  /// Makes the line that reports how many lines were dropped. It is written when there is room
  /// again.
  void on_dropped(std::function<std::string(std::uint64_t)> make_line);
  /// Waits until everything is written, for at most `timeout`. Returns whether it is.
  bool flush(duration timeout = last_lines_timeout);

 private:
  class state;

  std::shared_ptr<state> state_;
};

/// Those of this process. They live until its end. parse_and_run() flushes them.
line_writer& standard_output();
line_writer& standard_error();

/// As printf() formats it, through these writers.
[[gnu::format(printf, 1, 2)]] void print_output(const char* format, ...);
/// The same for one line, made safe by error_line(). Keeps the order with the log.
[[gnu::format(printf, 1, 2)]] void print_error(const char* format, ...);

}  // namespace tenure::apps
