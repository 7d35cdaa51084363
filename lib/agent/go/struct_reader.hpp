// Reads the members of a JSON object as Go decodes into a struct: it keeps the first error and
// reads on, null leaves a member unchanged, and a member that the struct does not have is an error.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/go/json.hpp"

namespace tenure::agent {

class go_struct_reader {
 public:
  /// `type`: Go's name of the struct, for the error if the value is no object.
  go_struct_reader(std::string_view value, std::string_view type) : json_(value), type_(type) {}

  /// Calls `member(name)` for each member, which reads the member or calls unknown(). Returns the
  /// first error; empty if there is none.
  template <class Member>
  std::string read(Member member) {
    if (json_.peek() == go_json_reader::kind::null) return {};
    if (json_.peek() != go_json_reader::kind::object) {
      return "json: cannot unmarshal " + std::string(json_.peek_name()) +
             " into Go value of type " + std::string(type_);
    }
    members(member);
    return error_;
  }

  go_json_reader& json() noexcept { return json_; }
  /// Errors name the members as those of this struct. Without this call the struct has no name.
  void inside(std::string_view structure) { field_prefix_ = std::string(structure) + "."; }
  /// Skips a null; false if the next value is another one.
  bool is_null();
  void fail(std::string text);
  void unknown(std::string_view name);

  void text(std::string& into, std::string_view field);
  void boolean(bool& into, std::string_view field);
  void integer(std::int64_t& into, std::string_view field);
  void list(std::vector<std::string>& into, std::string_view field);
  void map(std::map<std::string, std::string>& into, std::string_view field);
  /// Reads a string as a duration and a number as nanoseconds, and skips anything else.
  void time(std::int64_t& ns, std::string& error);
  /// Reads an object of another struct; an error if the value is no object.
  template <class Member>
  void object(std::string_view structure, std::string_view field, std::string_view type,
              Member member) {
    if (is_null()) return;
    if (json_.peek() != go_json_reader::kind::object) return wrong_type(field, type);
    const std::string outer = field_prefix_;
    field_prefix_ = std::string(structure) + "." + std::string(field) + ".";
    members(member);
    field_prefix_ = outer;
  }
  void wrong_type(std::string_view field, std::string_view type, std::string_view detail = {});

 private:
  template <class Member>
  void members(Member member) {
    json_.enter();
    while (json_.more()) member(json_.name());
  }

  go_json_reader json_;
  std::string_view type_;
  std::string field_prefix_ = ".";
  std::string error_;
};

}  // namespace tenure::agent
