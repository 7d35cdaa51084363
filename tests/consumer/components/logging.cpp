// A program with a logger of spdlog: lines of tenure appear in it.
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <cstdio>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tenure/spdlog_sink.hpp>

int main() {
  std::ostringstream text;
  auto logger = std::make_shared<spdlog::logger>(
      "program", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  logger->set_pattern("[%l] %v");
  const std::shared_ptr<tenure::log_sink> log = tenure::spdlog_sink(logger);
  log->log(tenure::log_level::debug, "below the logger's level");
  log->log(tenure::parse_log_level("warn"), "term ended", {{"key", "a b"}, {"{}", "1"}});
  const std::string expected = "[warning] term ended key=\"a b\" {}=1\n";
  if (text.str() != expected) {
    std::fprintf(stderr, "expected %s, got %s", expected.c_str(), text.str().c_str());
    return 1;
  }
  try {
    tenure::spdlog_sink(nullptr);
  } catch (const std::invalid_argument&) {
    return tenure::silent_log()->enabled(tenure::log_level::error) ? 1 : 0;
  }
  return 1;
}
