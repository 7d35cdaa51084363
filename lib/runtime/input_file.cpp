#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <tenure/toolkit/input_file.hpp>

#include "runtime/descriptor.hpp"

namespace tenure::runtime {
namespace {

// How long a FIFO may have no writer: one that was just started opens it first.
constexpr int looks_for_writer = 20;
constexpr int between_looks_ms = 50;

// How long a writer may take in all: what reads a file may have leases to keep. A command whose
// output is the file (`<(command)`) may take its time.
std::chrono::milliseconds patience_for(const std::string& path) {
  return std::chrono::seconds(path.starts_with("/dev/") ? 60 : 2);
}

std::string larger_than(std::size_t most) {
  const bool whole = most >= (1U << 20U);
  return "is larger than " +
         (whole ? std::to_string(most >> 20U) + " MiB" : std::to_string(most) + " bytes");
}

}  // namespace

input_file read_input(const std::string& path, std::size_t most, input_kind kind) {
  input_file read;
  const auto fail = [&read](std::string why) {
    read.text.clear();
    read.problem = std::move(why);
    return read;
  };
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat info{};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return fail(std::strerror(errno));
  if (kind == input_kind::regular && !S_ISREG(info.st_mode)) return fail("it is no regular file");
  if (S_ISREG(info.st_mode) && info.st_size > static_cast<off_t>(most))
    return fail(larger_than(most));
  const auto end = std::chrono::steady_clock::now() + patience_for(path);
  std::array<char, 16'384> part{};
  for (int looks = 0;;) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got > 0) {
      read.text.append(part.data(), static_cast<std::size_t>(got));
      if (read.text.size() > most) return fail(larger_than(most));
    } else if (got == 0) {
      if (!S_ISFIFO(info.st_mode) || !read.text.empty()) return read;
      if (++looks > looks_for_writer) return fail("it is a FIFO to which no process writes");
      ::poll(nullptr, 0, between_looks_ms);
    } else if (errno == EAGAIN) {
      looks = looks_for_writer;  // a writer that ends without a word is no missing writer
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (left.count() <= 0) return fail("its writer does not come to an end");
      pollfd ready{file.get(), POLLIN, 0};
      ::poll(&ready, 1, static_cast<int>(left.count()));
      if ((ready.revents & POLLIN) == 0 && (ready.revents & POLLHUP) != 0) return read;
    } else if (errno != EINTR) {
      return fail(std::strerror(errno));
    }
  }
}

}  // namespace tenure::runtime
