#include "common/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <tenure/version.hpp>

#include "common/build_commit.hpp"

namespace tenure::apps {
namespace {

std::string text_of_file(const char* name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct process_stat {
  double start_seconds = 0;  ///< since the boot
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

// proc(5): the numbers follow the name of the program, which may contain spaces and brackets.
std::optional<process_stat> read_stat() {
  const std::string text = text_of_file("/proc/self/stat");
  const std::size_t name_end = text.rfind(')');
  const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (name_end == std::string::npos || ticks <= 0 || page <= 0) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  constexpr int first = 3;  // of the fields, as the manual counts them
  constexpr int last = 24;
  double field[last + 1] = {};
  std::string word;
  for (int i = first; i <= last && rest >> word; ++i) {
    if (i > first) field[i] = std::strtod(word.c_str(), nullptr);
  }
  return process_stat{.start_seconds = field[22] / ticks,
                      .virtual_bytes = field[23],
                      .resident_bytes = field[24] * page};
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

/// When the host was started, in seconds since 1970.
std::optional<double> boot_time() {
  const std::string text = text_of_file("/proc/stat");
  const std::size_t at = text.find("\nbtime ");
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(text.c_str() + at + 7, nullptr);
}

std::optional<std::uint64_t> open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator each("/proc/self/fd", error);
  if (error) return std::nullopt;
  std::uint64_t count = 0;
  for (; each != std::filesystem::directory_iterator(); each.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count - 1;  // without that of the directory itself
}

}  // namespace

void append_process_metrics(exposition& out) {
  rusage used{};  // finer than the ticks of /proc
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    out.single("process_cpu_seconds_total", "counter",
               "Total user and system CPU time spent in seconds.",
               seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  }
  if (const auto stat = read_stat()) {
    if (const auto boot = boot_time()) {
      out.single("process_start_time_seconds", "gauge",
                 "Start time of the process since unix epoch in seconds.",
                 *boot + stat->start_seconds);
    }
    out.single("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
               stat->virtual_bytes);
    out.single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
               stat->resident_bytes);
  }
  if (const auto open = open_descriptors()) {
    out.single("process_open_fds", "gauge", "Number of open file descriptors.", *open);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.single("process_max_fds", "gauge", "Maximum number of open file descriptors.",
               std::uint64_t{limit.rlim_cur});
  }
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    out.single("process_virtual_memory_max_bytes", "gauge",
               "Maximum amount of virtual memory available in bytes.",
               std::uint64_t{limit.rlim_cur});
  }
}

void append_build_info(exposition& out) {
  std::string labels = label_text("version", version);
  if (!build_commit().empty()) labels += "," + label_text("commit", build_commit());
  labels += "," + label_text("compiler", __VERSION__);
  out.head("tenure_build_info", "gauge", "Version, commit and compiler of this build; always 1.");
  out.labelled(labels, 1);
}

}  // namespace tenure::apps
