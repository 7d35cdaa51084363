// Reads the members of a JSON object as Go does into a struct: the first complaint is kept, what
// can be read is read, null leaves a member as it is, and members that the struct has not are
// refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/go_json.hpp"

namespace tenure::agent {

class go_fields {
 public:
  /// `type`: how Go names the struct where the value is no object.
  go_fields(std::string_view value, std::string_view type) : json_(value), type_(type) {}

  /// Calls `member(name)` for each member; it reads the member, or calls unknown(). Gives the
  /// complaint, empty where all is fine.
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
  /// Complaints name the members of this struct; without, of one that has no name.
  void inside(std::string_view structure) { where_ = std::string(structure) + "."; }
  bool is_null();
  void complain(std::string text);
  void unknown(std::string_view name);

  void text(std::string& into, std::string_view field);
  void boolean(bool& into, std::string_view field);
  void integer(std::int64_t& into, std::string_view field);
  void list(std::vector<std::string>& into, std::string_view field);
  void map(std::map<std::string, std::string>& into, std::string_view field);
  /// A string is a duration, a number nanoseconds, and anything else is not looked at.
  void time(std::int64_t& ns, std::string& error);
  /// An object of another struct. False, and complained, where it is none.
  template <class Member>
  void object(std::string_view structure, std::string_view field, std::string_view type,
              Member member) {
    if (is_null()) return;
    if (json_.peek() != go_json_reader::kind::object) return wrong_type(field, type);
    const std::string outer = where_;
    where_ = std::string(structure) + "." + std::string(field) + ".";
    members(member);
    where_ = outer;
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
  std::string where_ = ".";
  std::string error_;
};

}  // namespace tenure::agent
