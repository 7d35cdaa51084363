// Lines of a job's output: their parts, their form, the last ones, and the limit of a tenant.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <vector>

#include "tenure-cron/output/line_splitter.hpp"
#include "tenure-cron/output/output_budget.hpp"
#include "tenure-cron/output/output_line.hpp"
#include "tenure-cron/output/output_tail.hpp"
#include "tenure-cron/output/run_output.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;

class parts {
 public:
  parts() : splitter([this](std::string_view text, bool goes_on) {
    all.emplace_back(std::string(text), goes_on);
  }) {}

  std::vector<std::pair<std::string, bool>> all;
  line_splitter splitter;
};

output_line line(std::string_view text, bool goes_on = false) {
  return {output_stream::out, text, goes_on, "2024-05-01T00:00:00.000Z"};
}

line_origin origin() {
  line_origin from;
  from.job = "backup";
  from.tick = "2024-04-30T23:59:00Z";
  from.run_id = "r1";
  return from;
}

std::string formatted(output_format format, const line_origin& from, const output_line& what) {
  std::string made;
  append_line(made, format, from, what);
  return made;
}

class target_of_test final : public output_target {
 public:
  bool has_room() const override { return true; }
  void add(std::string_view lines) override { added.emplace_back(lines); }

  std::vector<std::string> added;
};

TEST_CASE("bytes become lines, whatever the blocks in which they come") {
  parts p;
  for (const char c : std::string("one\r\n\ntwo\nrest")) p.splitter.add(std::string(1, c));
  p.splitter.end();
  p.splitter.end();
  CHECK(p.all == std::vector<std::pair<std::string, bool>>{
                     {"one", false}, {"", false}, {"two", false}, {"rest", false}});
}

TEST_CASE("a long line passes in parts, without loss, and no character is cut") {
  parts p;
  std::string text;
  while (text.size() < 1'000'000) text += "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  p.splitter.add(text.substr(0, 300'000));
  p.splitter.add(text.substr(300'000));
  p.splitter.add("\nnext\n");
  REQUIRE(p.all.size() > 60);
  CHECK(p.all.back() == std::pair<std::string, bool>("next", false));
  p.all.pop_back();
  std::string joined;
  for (std::size_t i = 0; i < p.all.size(); ++i) {
    const auto& [part, goes_on] = p.all[i];
    CHECK(goes_on == (i + 1 < p.all.size()));
    CHECK(part.size() <= line_splitter::longest_part);
    if (printable(part) != part) FAIL("a character was cut");
    joined += part;
  }
  CHECK(joined == text);
}

TEST_CASE("a long line that ends with the stream") {
  parts p;
  p.splitter.add(std::string(line_splitter::longest_part, 'x'));
  REQUIRE(p.all.size() == 1);
  CHECK(p.all.front().second);
  p.splitter.end();
  CHECK(p.all.back() == std::pair<std::string, bool>("", false));
}

TEST_CASE("text lines have the time, the job, the tick and the stream") {
  CHECK(formatted(output_format::text, origin(), line("hello")) ==
        "2024-05-01T00:00:00.000Z [backup 2024-04-30T23:59:00Z out] hello\n");
  output_line part = line("hello", true);
  part.stream = output_stream::err;
  line_origin from = origin();
  from.tenant = "shop";
  CHECK(formatted(output_format::text, from, part) ==
        "2024-05-01T00:00:00.000Z [shop/backup 2024-04-30T23:59:00Z err+] hello\n");
}

TEST_CASE("control characters, NUL and bytes that are not UTF-8 stay out of the text") {
  using namespace std::string_literals;
  CHECK(printable("a\0b\x1b[2J\tc\x7f\r"s) == "a\\x00b\\x1b[2J\tc\\x7f\\x0d");
  CHECK(printable("\xff\xc3\xa9\xc2\x9b\xc3") == "\\xff\xc3\xa9\\xc2\\x9b\\xc3");
}

TEST_CASE("JSON lines are objects, whatever the bytes") {
  line_origin from = origin();
  from.attempt = 2;
  CHECK(formatted(output_format::json, from, line("say \"hi\"")) ==
        R"({"time":"2024-05-01T00:00:00.000Z","job":"backup","tick":"2024-04-30T23:59:00Z",)"
        R"("run":"r1","attempt":2,"stream":"out","line":"say \"hi\""})"
        "\n");
  from.tenant = "shop";
  const std::string made = formatted(output_format::json, from, line("\xff\x1b", true));
  CHECK(made.find(R"("tenant":"shop")") != std::string::npos);
  CHECK(made.find("\"line\":\"\xef\xbf\xbd\\u001b\",\"goes_on\":true}\n") != std::string::npos);
}

TEST_CASE("the lines of a block go to their target at once, without those over the limit") {
  const auto target = std::make_shared<target_of_test>();
  std::size_t refused = 0;
  run_output output(origin(), output_format::text, target, [&](std::size_t bytes) {
    const bool admitted = bytes < 80;
    if (!admitted) ++refused;
    return admitted;
  });
  output.pass_on();
  output.add(output_stream::out, "one", false);
  output.add(output_stream::err, std::string(80, 'x'), false);
  CHECK(output.over_limit());
  output.add(output_stream::err, "two", false);
  CHECK_FALSE(output.over_limit());
  CHECK(target->added.empty());
  output.pass_on();
  output.pass_on();
  CHECK(refused == 1);
  REQUIRE(target->added.size() == 1);
  const std::string& lines = target->added.front();
  CHECK(lines.find(" out] one\n") < lines.find(" err] two\n"));
  CHECK(lines.ends_with(" err] two\n"));
  CHECK(lines.find('x') == std::string::npos);
  CHECK(output.tail().starts_with("one\nxxx"));
}

TEST_CASE("the tail: the last whole lines in 300 bytes") {
  output_tail tail;
  CHECK(tail.text().empty());
  for (int i = 0; i < 1000; ++i) tail.add("line " + std::to_string(i), false);
  const std::string text = tail.text();
  CHECK(text.size() <= output_tail::most);
  CHECK(text.size() > output_tail::most - 10);
  CHECK(text.starts_with("line "));
  CHECK(text.ends_with("\nline 999"));
}

TEST_CASE("the tail of a long line: its end, in whole characters") {
  output_tail tail;
  tail.add("before", false);
  std::string part;
  while (part.size() < line_splitter::longest_part) part += "\xe2\x82\xac";
  tail.add(part, true);
  tail.add("end", false);
  const std::string text = tail.text();
  CHECK(text.size() <= output_tail::most);
  CHECK(text.size() > output_tail::most - 4);
  CHECK(text.starts_with("\xe2\x82\xac"));
  CHECK(text.ends_with("\xe2\x82\xac" "end"));
  tail.add("last\x1b", false);
  CHECK(tail.text() == "last\\x1b");
}

TEST_CASE("output over the tenant's limit is dropped and counted") {
  const tenure::time_point start = tenure::time_point() + 1h;
  output_budget budget(100);
  CHECK(budget.admit(150, start));  // a line that is longer than the limit
  CHECK_FALSE(budget.admit(10, start + 999ms));
  CHECK(budget.admit(60, start + 1s));
  CHECK(budget.admit(40, start + 1s));
  CHECK_FALSE(budget.admit(1, start + 1s));
  const auto first = budget.report(start + 1s, output_budget::when::due);
  REQUIRE(first);
  CHECK(first->lines == 2);
  CHECK(first->bytes == 11);
  CHECK_FALSE(budget.admit(5, start + 1500ms));
  CHECK_FALSE(budget.report(start + 2s, output_budget::when::due));
  CHECK(budget.report(start + 2s, output_budget::when::last)->bytes == 5);
  CHECK_FALSE(budget.report(start + 20s, output_budget::when::last));
  budget.set(std::nullopt);
  CHECK(budget.admit(1'000'000, start + 2s));
}

}  // namespace
