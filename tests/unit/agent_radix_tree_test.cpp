// The radix tree and its watchers, compared with a plain model.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <vector>

#include "agent/state/radix_tree.hpp"
#include "runtime/random_source.hpp"

namespace tenure::agent {
namespace {

class named : public watcher {
 public:
  explicit named(std::string of) : name(std::move(of)) {}
  std::string name;
};

std::vector<std::string> names(watch_list& woken) {
  std::vector<std::string> found;
  while (watcher* w = woken.take_first()) found.push_back(static_cast<named*>(w)->name);
  return found;
}

std::vector<int> values(const radix_tree<int>& tree, std::string_view prefix) {
  std::vector<int> found;
  tree.for_each(prefix, [&found](int value) {
    found.push_back(value);
    return true;
  });
  return found;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Tree: random changes have the results of a std::map") {
  const auto random = runtime::seeded_random(7);
  radix_tree<int> tree;
  watch_list woken;
  std::map<std::string, int> model;
  const auto key = [&] {
    std::string text;
    for (std::uint64_t n = random->below(6); n > 0; --n) {
      text += static_cast<char>("ab\xff"[random->below(3)]);
    }
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string k = key();
    if (random->below(2) == 0) {
      tree.change(k, woken) = i;
      model[k] = i;
    } else {
      tree.erase(k, woken);
      model.erase(k);
    }
    REQUIRE(tree.size() == model.size());
    const std::string looked = key();
    const auto found = model.find(looked);
    const int* value = tree.find(looked);
    REQUIRE((value != nullptr) == (found != model.end()));
    if (value != nullptr) REQUIRE(*value == found->second);
    if (i % 10 != 0) continue;
    const std::string prefix = key();
    std::vector<int> expected;
    for (const auto& [name, value] : model) {
      if (name.starts_with(prefix)) expected.push_back(value);
    }
    REQUIRE(values(tree, prefix) == expected);
  }
}

TEST_CASE("Tree: for_each stops when the visitor returns false") {
  radix_tree<int> tree;
  watch_list woken;
  for (int i = 0; i < 10; ++i) tree.change(std::to_string(i), woken) = i;
  int seen = 0;
  tree.for_each("", [&seen](int value) { return ++seen, value < 4; });
  CHECK(seen == 5);
}

TEST_CASE("Tree: only changes of a value wake its watcher") {
  radix_tree<int> tree;
  watch_list woken;
  tree.change("ab", woken);
  tree.change("abc", woken);
  named w("ab");
  tree.watch("ab").add(w);
  tree.change("abc", woken) = 1;
  tree.change("a", woken) = 1;     // splits the edge above
  tree.change("abd", woken) = 1;
  tree.erase("abc", woken);
  tree.erase("a", woken);          // merges a node
  tree.erase("abd", woken);
  CHECK(woken.empty());
  tree.change("ab", woken) = 2;
  CHECK(names(woken) == texts{"ab"});
  tree.watch("ab").add(w);
  tree.erase("ab", woken);
  CHECK(names(woken) == texts{"ab"});
}

TEST_CASE("Tree: the watcher of a missing value waits at the deepest node") {
  radix_tree<int> tree;
  watch_list woken;
  for (const char* key : {"aa1", "aa2", "ab", "b"}) tree.change(key, woken);
  named in_aa("aa3");    // the node of aa
  named in_a("ac");      // the node of a
  named at_edge("b1x");  // below b, whose node it reaches
  tree.watch("aa3").add(in_aa);
  tree.watch("ac").add(in_a);
  tree.watch("b1x").add(at_edge);
  tree.change("ab", woken) = 1;
  CHECK(names(woken) == texts{"ac"});
  tree.watch("ac").add(in_a);
  tree.change("aa1", woken) = 1;
  CHECK(names(woken) == texts{"ac", "aa3"});
  tree.change("b", woken) = 1;
  CHECK(names(woken) == texts{"b1x"});
  // In the middle of an edge: the watcher waits at the lower end, and the split wakes it.
  tree.change("cdef", woken);
  named middle("cdx");
  tree.watch("cdx").add(middle);
  tree.change("ab", woken) = 2;
  CHECK(woken.empty());
  tree.change("cdx", woken);
  CHECK(names(woken) == texts{"cdx"});
}

TEST_CASE("Tree: every change below a prefix wakes its watcher") {
  radix_tree<int> tree;
  watch_list woken;
  for (const char* key : {"aa1", "aa2", "b"}) tree.change(key, woken);
  named w("aa");
  for (const char* key : {"aa1", "aa3", "aa"}) {
    tree.watch_below("aa").add(w);
    tree.change(key, woken) = 1;
    CHECK(names(woken) == texts{"aa"});
  }
  tree.watch_below("aa").add(w);
  tree.change("b", woken) = 1;
  CHECK(woken.empty());
  tree.erase("aa3", woken);
  CHECK(names(woken) == texts{"aa"});
  tree.watch_below("").add(w);
  tree.change("c", woken);
  CHECK(names(woken) == texts{"aa"});
}

TEST_CASE("Tree: a destroyed watcher leaves its list") {
  radix_tree<int> tree;
  watch_list woken;
  tree.change("a", woken);
  {
    named gone("gone");
    tree.watch("a").add(gone);
  }
  tree.change("a", woken);
  CHECK(woken.empty());
}

}  // namespace tenure::agent
