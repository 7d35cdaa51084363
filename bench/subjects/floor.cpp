// floor: the bare client. It reads commands from standard input and answers on standard output, by
// the protocol of every subject (docs/benchmarks.md).
#include "floor.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <tenure/toolkit/base64.hpp>

namespace raw {

const char* const bare_session =
    R"({"Name":"floor","NodeChecks":[],"LockDelay":"0s","Behavior":"release"})";

void context::say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
  std::fflush(stdout);
}

std::string key_of(const std::string& prefix, std::size_t n) {
  const std::string name = std::to_string(n);
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  for (const int shift : {32, 16, 8}) h ^= h >> shift;
  char folder[4];
  std::snprintf(folder, sizeof folder, "%02x", static_cast<unsigned>(h & 0xfc));
  return prefix + '/' + folder + '/' + name;
}

std::int64_t number_in(std::string_view base64_text) {
  const std::string text = tenure::text::base64_decode(base64_text).value_or("");
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string session_in(const response& answer) {
  const std::size_t at = answer.body.find("\"ID\":\"");
  const std::size_t id = at + 6;
  if (answer.status != 200 || at == std::string::npos) die("no session: " + answer.body);
  return answer.body.substr(id, answer.body.find('"', id) - id);
}

namespace {

class program {
 public:
  program(const std::string& address, bulk how) : how_(how) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) die("CONSUL_HTTP_ADDR is not host:port");
    shared_.host = address.substr(0, colon);
    shared_.port = std::atoi(address.c_str() + colon + 1);
    shared_.io.watch(STDIN_FILENO, [this] { read(); });
    shared_.say("ready");
  }
  void run() { shared_.io.run(); }

 private:
  void read() {
    char block[4096];
    const ssize_t got = ::read(STDIN_FILENO, block, sizeof block);
    if (got <= 0) {
      shared_.io.stop();
      return;
    }
    input_.append(block, static_cast<std::size_t>(got));
    for (std::size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      execute(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
  }

  void execute(const std::string& line) {
    std::istringstream words(line);
    std::string what, text, value;
    std::size_t n = 0;
    std::int64_t rate = 0, seconds = 0;
    words >> what;
    if (what == "candidate") {
      words >> text;
      candidates_.push_back(std::make_unique<candidate>(shared_, candidates_.size(), text));
    } else if (what == "release") {
      one(words).release();
    } else if (what == "hand-over") {
      candidate& from = one(words);
      words >> text;
      from.hand_over(text);
    } else if (what == "hand-over-many") {
      words >> text;
      all().hand_over(text);
    } else if (what == "stand") {
      one(words).stand();
    } else if (what == "stand-afresh") {
      one(words).stand_afresh();
    } else if (what == "session") {
      shared_.say("session %s", one(words).session().c_str());
    } else if (what == "many") {
      words >> text >> n >> value;
      all().take(text, n, value);
    } else if (what == "take-over") {
      words >> text >> n >> value;
      all().take_over(text, n, value);
    } else if (what == "change") {
      words >> text >> n >> rate >> seconds;
      all().change(text, n, rate, seconds);
    } else if (what == "observe") {
      words >> text >> n;
      observer_ = std::make_unique<observer>(shared_, text, n);
    } else if (what == "latencies") {
      observer_->report_latencies();
    } else if (what == "quit") {
      shared_.io.stop();
    } else {
      die("unknown command '" + what + "'");
    }
  }

  candidate& one(std::istringstream& words) {
    std::size_t id = 0;
    words >> id;
    return *candidates_.at(id);
  }
  many& all() {
    if (!many_) many_ = std::make_unique<many>(shared_, 8, how_);
    return *many_;
  }

  bulk how_;
  context shared_;
  std::string input_;
  std::vector<std::unique_ptr<candidate>> candidates_;
  std::unique_ptr<many> many_;
  std::unique_ptr<observer> observer_;
};

}  // namespace
}  // namespace raw

int main(int argc, char** argv) {
  const char* const address = std::getenv("CONSUL_HTTP_ADDR");
  raw::bulk how;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--guarded") {
      how.how = raw::acquisition::guarded;
    } else if (option == "--operations" && i + 1 < argc) {
      how.operations = static_cast<std::size_t>(std::atoi(argv[++i]));
    }
  }
  raw::program floor(address != nullptr ? address : "127.0.0.1:8500", how);
  floor.run();
  return 0;
}
