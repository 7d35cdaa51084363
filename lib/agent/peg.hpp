// The ground on which a grammar is walked: where in the text one is, what could have come next at
// the farthest point that was reached, and the complaint that follows from it. Consul's parser is
// made by a generator that reports errors so; whoever wants the same texts has to try the same
// things in the same places.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::agent {

class peg_text {
 public:
  explicit peg_text(std::string_view text) : text_(text) {}

  std::size_t at() const noexcept { return at_; }
  void back_to(std::size_t at) noexcept { at_ = at; }
  std::string_view since(std::size_t start) const { return text_.substr(start, at_ - start); }

  bool literal(std::string_view wanted);
  /// One character out of ranges: "a-zA-Z", shown as `shown`.
  bool one_of(std::string_view ranges, std::string_view shown);
  /// Any character.
  bool any();

  /// Tries `what` for its absence: succeeds where it fails, and moves nowhere.
  template <class What>
  bool absent(What what) {
    const std::size_t start = at_;
    inverted_ = !inverted_;
    const bool found = what();
    inverted_ = !inverted_;
    at_ = start;
    return !found;
  }

  /// A complaint of the grammar's own, at this place, by the rule of that name.
  void complain(std::size_t place, std::string_view rule, std::string_view text);
  bool complained() const noexcept { return !complaints_.empty(); }
  /// All complaints; without any, what could have come where the text stopped making sense.
  std::string error() const;

 private:
  bool tried(bool matched, std::size_t place, std::string_view wanted);
  std::string position(std::size_t place) const;
  std::size_t character() const noexcept;  ///< how many bytes the next one has

  std::string_view text_;
  std::size_t at_ = 0;
  bool inverted_ = false;
  std::size_t farthest_ = 0;
  std::set<std::string> expected_;
  std::vector<std::string> complaints_;
};

}  // namespace tenure::agent
