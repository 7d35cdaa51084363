#include "agent/state/session_table.hpp"

#include <algorithm>

#include "agent/go/text.hpp"
#include "text/hex.hpp"

namespace tenure::agent {
namespace {

constexpr std::size_t uuid_length = 36;

}  // namespace

session_key::session_key(std::string_view id) {
  if (id.size() != uuid_length) {
    error_ = "UUID must be 36 characters";
    return;
  }
  const auto hyphens = std::count(id.begin(), id.end(), '-');
  if (hyphens > 4) {
    error_ = "UUID should have maximum of 4 \"-\"; got " + std::to_string(hyphens);
    return;
  }
  if ((id.size() - static_cast<std::size_t>(hyphens)) % 2 != 0) {
    error_ = "Input (without hyphens) must be even length";
    return;
  }
  int high = -1;
  for (const char c : id) {
    if (c == '-') continue;
    const int digit = text::hex_value(c);
    if (digit < 0) {
      error_ = "Invalid UUID: encoding/hex: invalid byte: " + go_sharp_unicode(c);
      return;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes_[size_++] = static_cast<char>(high << 4 | digit);
      high = -1;
    }
  }
}

session_entry* session_table::find(const session_key& key) const noexcept {
  return key.valid() ? sessions_.find(key.bytes()) : nullptr;
}

std::string session_table::fresh_id(runtime::random_source& random) const {
  std::string id;
  do {
    id.clear();
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 32; ++i) {
      if (i % 16 == 0) bits = random.next();
      if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
      id += text::hex_digits[bits & 15];
      bits >>= 4;
    }
  } while (find(session_key(id)) != nullptr);
  return id;
}

session_entry& session_table::add(std::uint64_t index, const std::string& id) {
  table_index_ = index;
  session_entry& session = sessions_.change(session_key(id).bytes(), woken_);
  session.id = id;
  session.create_index = index;
  return session;
}

void session_table::erase(std::uint64_t index, const session_key& key) {
  table_index_ = index;
  sessions_.erase(key.bytes(), woken_);
}

}  // namespace tenure::agent
