// What a runner sends to its zygote to start a command.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <vector>

#include "command/invocation.hpp"

namespace tenure::command {

/// A message begins with this. The texts follow it, or are in a file if they are long.
struct start_header {
  std::uint32_t id = 0;    ///< of this start
  std::uint32_t slot = 0;  ///< of the lease_table
  std::int64_t grace_ns = 0;
  std::int64_t stop_by_ns = 0;
  std::int32_t umask = -1;         ///< -1: as inherited
  std::int32_t nice = no_nice;     ///< no_nice: as inherited
  kill_scope scope = kill_scope::tree;
  std::uint32_t arguments = 0;
  std::uint32_t variables = 0;

  static constexpr std::int32_t no_nice = 1000;
};

/// Longer texts are sent in a file: a message has to fit into the buffer of the socket.
inline constexpr std::size_t longest_inline_text = 32 * 1024;

/// The descriptors of a message, in this order: the control socket, the three standard streams, and
/// the file with the texts if they are long.
inline constexpr std::size_t request_descriptors = 4;

start_header header_of(const invocation& what, std::uint32_t id, std::uint32_t slot);
/// Folder, user, group, arguments and variables, each with a zero at its end.
std::string texts_of(const invocation& what);

/// The request as its guardian reads it. It points into the text that it was read from.
struct start_request {
  start_header header;
  const char* directory = "";
  const char* user = "";
  const char* group = "";
  std::vector<char*> argv;         ///< with the null pointer at its end
  std::vector<char*> environment;  ///< with the null pointer at its end
};

/// Empty if the texts do not match the header.
std::optional<start_request> read_request(const start_header& header, std::string& texts);

}  // namespace tenure::command
