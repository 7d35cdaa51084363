#include "command/guardian/start_request.hpp"

#include <cstring>

namespace tenure::command {
namespace {

void append(std::string& texts, const std::string& text) {
  texts.append(text.c_str(), std::strlen(text.c_str()) + 1);
}

// The next text, or a null pointer behind the last one.
char* next(std::string& texts, std::size_t& at) {
  const std::size_t end = texts.find('\0', at);
  if (end == std::string::npos) return nullptr;
  char* const found = texts.data() + at;
  at = end + 1;
  return found;
}

bool read_list(std::string& texts, std::size_t& at, std::uint32_t count, std::vector<char*>& to) {
  for (std::uint32_t i = 0; i < count; ++i) {
    char* const text = next(texts, at);
    if (text == nullptr) return false;
    to.push_back(text);
  }
  to.push_back(nullptr);
  return true;
}

}  // namespace

start_header header_of(const invocation& what, std::uint32_t id, std::uint32_t slot) {
  start_header h;
  h.id = id;
  h.slot = slot;
  h.grace_ns = what.grace.count();
  h.stop_by_ns = what.stop_by.time_since_epoch().count();
  if (what.umask) h.umask = static_cast<std::int32_t>(*what.umask & 0777);
  if (what.nice) h.nice = *what.nice;
  h.scope = what.scope;
  h.arguments = static_cast<std::uint32_t>(what.argv.size());
  h.variables = static_cast<std::uint32_t>(what.environment.size());
  return h;
}

std::string texts_of(const invocation& what) {
  std::string texts;
  append(texts, what.directory);
  append(texts, what.user);
  append(texts, what.group);
  for (const std::string& argument : what.argv) append(texts, argument);
  for (const std::string& variable : what.environment) append(texts, variable);
  return texts;
}

std::optional<start_request> read_request(const start_header& header, std::string& texts) {
  start_request r;
  r.header = header;
  std::size_t at = 0;
  r.directory = next(texts, at);
  r.user = next(texts, at);
  r.group = next(texts, at);
  if (r.group == nullptr || header.arguments == 0) return std::nullopt;
  r.argv.reserve(header.arguments + 3);  // a script without an interpreter needs two more
  r.environment.reserve(header.variables + 1);
  if (!read_list(texts, at, header.arguments, r.argv)) return std::nullopt;
  if (!read_list(texts, at, header.variables, r.environment)) return std::nullopt;
  return r;
}

}  // namespace tenure::command
