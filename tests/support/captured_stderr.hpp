// Standard error of this process into a file for as long as the object lives.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace tenure::test {

class captured_stderr {
 public:
  captured_stderr() : file_(std::tmpfile()), kept_(::dup(STDERR_FILENO)) {
    if (file_ == nullptr || kept_ < 0) throw std::runtime_error("no temporary file");
    std::fflush(stderr);
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  captured_stderr(const captured_stderr&) = delete;
  captured_stderr& operator=(const captured_stderr&) = delete;
  ~captured_stderr() {
    std::fflush(stderr);
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
    std::fclose(file_);
  }

  /// What was written so far.
  std::string text() {
    std::fflush(stderr);
    std::string all;
    char piece[4096];
    off_t at = 0;
    for (;;) {
      const ssize_t got = ::pread(::fileno(file_), piece, sizeof piece, at);
      if (got <= 0) return all;
      all.append(piece, static_cast<std::size_t>(got));
      at += got;
    }
  }

 private:
  std::FILE* file_;
  int kept_;
};

}  // namespace tenure::test
