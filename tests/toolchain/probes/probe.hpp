// Small coroutines that show whether a compiler destroys a pattern's objects exactly once. Each
// probe runs in a child process: a miscompiled one crashes, hangs, or destroys an object twice.
#pragma once

#include <boost/asio.hpp>
#include <string>
#include <utility>
#include <vector>

namespace probes {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

/// Longer than the small-string buffer, so that a second destruction is a double free.
inline const std::string long_text(48, 'x');

/// Counts its living objects: none may be left after a probe.
class counted {
 public:
  counted() : text_(long_text) { ++alive; }
  counted(const counted& other) : text_(other.text_) { ++alive; }
  counted(counted&& other) noexcept : text_(std::move(other.text_)) { ++alive; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) = default;
  ~counted() { --alive; }
  bool whole() const { return text_ == long_text; }

  static int alive;

 private:
  std::string text_;
};

/// A coroutine must never take a temporary of such a type by value.
struct aggregate {
  std::string name;
  counted value;
  int number = 0;
};

/// The same with a constructor, like the library's own parameter types.
class constructed {
 public:
  constructed(std::string name, int number) : name_(std::move(name)), number_(number) {}
  bool whole() const { return name_ == long_text && value_.whole() && number_ == 7; }

 private:
  std::string name_;
  counted value_;
  int number_;
};

awaitable<bool> yes();
awaitable<bool> times(int& left);  // true until left is 0
awaitable<int> seven();
awaitable<std::string> text();
awaitable<aggregate> some_aggregate();
awaitable<bool> take_text(std::string value);
awaitable<bool> take_reference(const std::string& value);
awaitable<bool> take_counted(counted value);
awaitable<bool> take_aggregate(aggregate value);
awaitable<bool> take_constructed(constructed value);
aggregate make_aggregate();

template <class Function>
awaitable<bool> call(Function function) {
  co_await asio::post(use_awaitable);
  co_return function();
}

struct probe {
  const char* name;
  awaitable<bool> (*body)();  // true if it has seen the right values
};

/// Runs each probe in a child process and prints its result. Returns the number of failed probes.
int run(const std::vector<probe>& all);

}  // namespace probes
