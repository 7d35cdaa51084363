#include "common/log/wall_time.hpp"

#include <cstdio>
#include <ctime>

namespace tenure::apps {
namespace {

std::string date_and_time(std::chrono::system_clock::time_point t) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(t));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts));
}

}  // namespace

std::string rfc3339(std::chrono::system_clock::time_point t) { return date_and_time(t) + 'Z'; }

std::string rfc3339_ms(std::chrono::system_clock::time_point t) {
  const auto part = t - std::chrono::floor<std::chrono::seconds>(t);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(part).count();
  char text[8];
  std::snprintf(text, sizeof text, ".%03dZ", static_cast<int>(ms));
  return date_and_time(t) + text;
}

}  // namespace tenure::apps
