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

/// Reads a file to its end, a pipe as well (`<(command)`). Does not wait for a FIFO to which no
/// process writes, gives the writer of a FIFO 2 s, and reads no more than `most` bytes of a file
/// that does not end.
input_file read_input(const std::string& path, std::size_t most = most_input);

}  // namespace tenure::runtime
