// Files that a user names: a jobs file, a token, a certificate.
#pragma once

#include <cstddef>
#include <string>

namespace tenure::runtime {

/// What input files may have at most, because a user may name any file.
inline constexpr std::size_t most_input = 16U << 20U;

/// What a file has, or why it could not be read.
class input_file {
 public:
  std::string text;     ///< all bytes of the file; empty with a problem
  std::string problem;  ///< why it cannot be read; empty: it was
};

/// Which files are read.
enum class input_kind {
  any,      ///< a pipe as well (`<(command)`)
  regular,  ///< for the thread of an event loop, which must not wait for the writer of a pipe
};

/// Reads a file to its end. Waits a second for the first process that writes to a FIFO, gives the
/// writer of a pipe 2 s, and reads no more than `most` bytes of a file that does not end.
input_file read_input(const std::string& path, std::size_t most = most_input,
                      input_kind kind = input_kind::any);

}  // namespace tenure::runtime
