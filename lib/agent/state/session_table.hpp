// The live sessions by id.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/state/radix_tree.hpp"
#include "agent/state/session_entry.hpp"
#include "runtime/random_source.hpp"

namespace tenure::agent {

/// A session's id as Consul compares it: the bytes that its hexadecimal digits encode. For an id
/// that does not parse, error() is Consul's text.
class session_key {
 public:
  explicit session_key(std::string_view id);
  bool valid() const noexcept { return error_.empty(); }
  const std::string& error() const noexcept { return error_; }
  std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 18> bytes_{};  // 36 digits without hyphens
  std::size_t size_ = 0;
  std::string error_;
};

class session_table {
 public:
  explicit session_table(watch_list& woken) : woken_(woken) {}

  std::size_t size() const noexcept { return sessions_.size(); }
  session_entry* find(const session_key& key) const noexcept;
  template <class Visit>
  void for_each(Visit visit) const {
    sessions_.for_each({}, visit);
  }
  /// The index of the last creation or end of any session.
  std::uint64_t table_index() const noexcept { return table_index_; }

  /// A random id that is not in use.
  std::string fresh_id(runtime::random_source& random) const;
  /// An empty entry under `id`.
  session_entry& add(std::uint64_t index, const std::string& id);
  void erase(std::uint64_t index, const session_key& key);

  watch_list& watch(const session_key& key) noexcept { return sessions_.watch(key.bytes()); }
  watch_list& watch_all() noexcept { return sessions_.watch_below({}); }

 private:
  watch_list& woken_;
  radix_tree<session_entry> sessions_;
  std::uint64_t table_index_ = 0;
};

}  // namespace tenure::agent
