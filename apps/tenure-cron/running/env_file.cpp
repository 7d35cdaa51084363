#include "tenure-cron/running/env_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cctype>
#include <system_error>

#include "command/descriptor.hpp"

namespace tenure::cron {
namespace {

constexpr std::size_t longest_file = 1 << 20;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) return false;
  for (const char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  return true;
}

class env_parser {
 public:
  env_parser(const std::string& file, std::string_view text) : file_(file), rest_(text) {}

  variables parse() {
    if (rest_.find('\0') != std::string_view::npos) fail("it has a NUL byte");
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
    variables made;
    for (; !rest_.empty(); take_line_break()) {
      skip_blanks();
      if (rest_.empty() || rest_.front() == '\n') continue;
      if (rest_.front() == '#' || rest_.front() == ';') {
        take_to_line_break();
        continue;
      }
      std::string name = take_name();
      std::string value = take_value();
      made.emplace_back(std::move(name), std::move(value));
    }
    return made;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw bad_env_file("env_file " + file_ + ": line " + std::to_string(line_) + ": " + why);
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  void take_line_break() {
    if (rest_.empty()) return;
    rest_.remove_prefix(1);
    ++line_;
  }

  std::string_view take_to_line_break() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(line.size());
    return line;
  }

  std::string take_name() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) fail("no KEY=value");
    std::string_view name = line.substr(0, equals);
    rest_.remove_prefix(equals + 1);
    if (name.starts_with("export ") || name.starts_with("export\t")) name.remove_prefix(7);
    while (!name.empty() && is_blank(name.front())) name.remove_prefix(1);
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    // The text is not quoted: it may be the second line of a secret.
    if (!is_name(name)) fail("the text before '=' is not the name of a variable");
    return std::string(name);
  }

  std::string take_value() {
    skip_blanks();
    if (rest_.starts_with('"') || rest_.starts_with('\'')) return take_quoted();
    std::string value;
    for (;;) {
      std::string_view line = take_to_line_break();
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.ends_with('\\') || rest_.empty()) {
        value += line;
        break;
      }
      value += line.substr(0, line.size() - 1);
      take_line_break();
    }
    while (!value.empty() && is_blank(value.back())) value.pop_back();
    return value;
  }

  std::string take_quoted() {
    const char quote = rest_.front();
    const int begin = line_;
    rest_.remove_prefix(1);
    std::string value;
    for (;; rest_.remove_prefix(1)) {
      if (rest_.empty()) {
        line_ = begin;
        fail(std::string("no closing ") + quote);
      }
      if (rest_.front() == quote) break;
      if (rest_.front() == '\n') ++line_;
      if (quote == '"' && rest_.front() == '\\' && rest_.size() > 1) {
        rest_.remove_prefix(1);
        append_escape(value);
      } else {
        value += rest_.front();
      }
    }
    rest_.remove_prefix(1);
    skip_blanks();
    if (!rest_.empty() && rest_.front() != '\n') fail("text after the closing quote");
    return value;
  }

  void append_escape(std::string& value) {
    switch (rest_.front()) {
      case 'n': value += '\n'; break;
      case 't': value += '\t'; break;
      case 'r': value += '\r'; break;
      case '\n': ++line_; break;  // the next line belongs to this one
      case '"':
      case '\\':
      case '$':
      case '`': value += rest_.front(); break;
      default: value += '\\'; value += rest_.front();
    }
  }

  const std::string& file_;
  std::string_view rest_;
  int line_ = 1;
};

}  // namespace

variables parse_env(const std::string& file, std::string_view text) {
  return env_parser(file, text).parse();
}

variables read_env_file(const std::string& file) {
  const auto fail = [&](const std::string& why) {
    throw bad_env_file("env_file " + file + ": " + why);
  };
  // A FIFO must not block the loop.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const command::descriptor opened(::open(file.c_str(), flags));
  if (opened.get() < 0) fail(std::generic_category().message(errno));
  struct stat found = {};
  if (::fstat(opened.get(), &found) != 0) fail(std::generic_category().message(errno));
  if (!S_ISREG(found.st_mode)) fail("not a regular file");
  std::string text;
  for (;;) {
    char block[4096];
    const ssize_t got = ::read(opened.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(std::generic_category().message(errno));
    if (got == 0) break;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > longest_file) fail("longer than 1 MiB");
  }
  return parse_env(file, text);
}

}  // namespace tenure::cron
