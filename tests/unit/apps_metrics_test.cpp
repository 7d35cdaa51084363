// The metrics that the programs write themselves.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <ctime>
#include <string>

#include "common/exposition.hpp"
#include "common/process_metrics.hpp"

namespace {

using namespace tenure;

double value_in(const std::string& text, const std::string& name) {
  const std::size_t at = text.find('\n' + name + ' ');
  REQUIRE(at != text.npos);
  return std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

TEST_CASE("samples are plain decimals, and label values are escaped") {
  apps::exposition out;
  out.single("a_total", "counter", "Help.", std::uint64_t{18446744073709551615u});
  out.head("b", "gauge", "Help.");
  out.value("name", "a\"b\\c\nd\te\xff", 0.5);
  out.value("name", "x", 90000.0);
  CHECK(out.take() ==
        "# HELP a_total Help.\n# TYPE a_total counter\na_total 18446744073709551615\n"
        "# HELP b Help.\n# TYPE b gauge\n"
        "b{name=\"a\\\"b\\\\c\\nd e\xef\xbf\xbd\"} 0.5\nb{name=\"x\"} 90000\n");
}

TEST_CASE("the metrics of the process are those that Prometheus's clients have") {
  apps::exposition out;
  out.single("first", "gauge", "Help.", std::uint64_t{1});
  apps::append_process_metrics(out);
  const std::string text = out.take();
  // lint: allow clock because the start of the process is a time of the real clock
  const double now = static_cast<double>(std::time(nullptr));
  CHECK(value_in(text, "process_cpu_seconds_total") > 0);
  CHECK(value_in(text, "process_start_time_seconds") <= now + 2);
  CHECK(value_in(text, "process_start_time_seconds") > now - 3600);
  CHECK(value_in(text, "process_open_fds") >= 3);
  CHECK(value_in(text, "process_max_fds") > value_in(text, "process_open_fds"));
  CHECK(value_in(text, "process_resident_memory_bytes") > 1e6);
  CHECK(value_in(text, "process_virtual_memory_bytes") >
        value_in(text, "process_resident_memory_bytes"));
}

TEST_CASE("the build is one series with the value 1") {
  apps::exposition out;
  apps::append_build_info(out);
  const std::string text = out.take();
  CHECK(text.find("\ntenure_build_info{version=\"") != text.npos);
  CHECK(text.ends_with("\"} 1\n"));
}

}  // namespace
