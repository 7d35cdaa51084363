// Reports what this compiler makes of the patterns that the coroutine lint refuses. g++ 12.2 breaks
// about two thirds of them, clang none; the lint refuses the rest to keep its rule simple. (Two
// patterns are missing because g++ 12.2 does not compile them: co_await f({a, b}) for some types,
// and co_return {a, b}.) Once no compiler in use breaks any of them, the lint can be removed.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <memory>

#include "probe.hpp"

namespace probes {
namespace {

awaitable<bool> condition_of_if() {
  if (co_await yes()) co_return true;
  co_return false;
}

awaitable<bool> condition_with_locals() {
  counted local;
  if (co_await yes()) {
    co_await asio::post(use_awaitable);
    co_return local.whole();
  }
  co_return false;
}

awaitable<bool> declared_in_if() {
  if (bool ok = co_await yes()) co_return ok;
  co_return false;
}

int rounds = 0;

awaitable<bool> condition_of_while() {
  rounds = 3;
  while (co_await times(rounds)) co_await asio::post(use_awaitable);
  co_return rounds == -1;
}

awaitable<bool> condition_of_do() {
  rounds = 3;
  do {
    co_await asio::post(use_awaitable);
  } while (co_await times(rounds));
  co_return rounds == -1;
}

awaitable<bool> condition_of_for() {
  rounds = 3;
  for (; co_await times(rounds);) co_await asio::post(use_awaitable);
  co_return rounds == -1;
}

awaitable<bool> condition_of_switch() {
  switch (co_await seven()) {
    case 7: co_return true;
    default: co_return false;
  }
}

awaitable<bool> aggregate_temporary() {
  bool ok = co_await take_aggregate(aggregate{long_text, counted(), 7});
  co_return ok;
}

awaitable<bool> designated_aggregate() {
  bool ok = co_await take_aggregate({.name = long_text, .value = counted(), .number = 7});
  co_return ok;
}

awaitable<bool> with_default(aggregate value = {long_text, counted(), 7}) {
  co_await asio::post(use_awaitable);
  co_return value.value.whole() && value.name == long_text;
}

awaitable<bool> aggregate_default_argument() {
  bool ok = co_await with_default();
  co_return ok;
}

awaitable<bool> braced_class() {
  bool ok = co_await take_constructed(constructed{long_text, 7});
  co_return ok;
}

awaitable<bool> lambda_in_the_expression() {
  auto shared = std::make_shared<counted>();
  bool ok = co_await call([shared] { return shared->whole(); });
  co_return ok && shared->whole();
}

awaitable<bool> lambda_spawned_in_the_expression() {
  auto executor = co_await asio::this_coro::executor;
  auto value = std::make_unique<counted>();
  bool ok = co_await asio::co_spawn(
      executor,
      [value = std::move(value)]() mutable -> awaitable<bool> {
        co_await asio::post(use_awaitable);
        co_return value->whole();
      },
      use_awaitable);
  co_return ok;
}

awaitable<bool> choice_in_an_argument() {
  bool first = counted::alive == 0;
  bool ok = co_await take_text(first ? std::string(48, 'x') : std::string("y"));
  co_return ok;
}

awaitable<bool> choice_of_awaits() {
  bool first = counted::alive == 0;
  std::string value = first ? co_await text() : std::string("y");
  co_return value == long_text;
}

awaitable<bool> assignment() {
  std::string value(48, 'y');
  value = co_await text();
  co_await asio::post(use_awaitable);
  co_return value == long_text;
}

awaitable<bool> in_an_argument() {
  bool ok = co_await take_aggregate(co_await some_aggregate());
  co_return ok;
}

awaitable<bool> returned() {
  co_return co_await yes();
}

awaitable<bool> member_of_a_temporary() {
  std::string name = (co_await some_aggregate()).name + "y";
  co_return name == long_text + "y";
}

}  // namespace
}  // namespace probes

int main() {
  using namespace probes;
  run({{"condition of if", condition_of_if},
       {"condition of if, with locals", condition_with_locals},
       {"declared in if", declared_in_if},
       {"condition of while", condition_of_while},
       {"condition of do", condition_of_do},
       {"condition of for", condition_of_for},
       {"condition of switch", condition_of_switch},
       {"aggregate temporary", aggregate_temporary},
       {"designated aggregate", designated_aggregate},
       {"aggregate default argument", aggregate_default_argument},
       {"braced class", braced_class},
       {"lambda in the expression", lambda_in_the_expression},
       {"lambda spawned in the expression", lambda_spawned_in_the_expression},
       {"choice in an argument", choice_in_an_argument},
       {"choice of awaits", choice_of_awaits},
       {"assignment", assignment},
       {"in an argument", in_an_argument},
       {"returned", returned},
       {"member of a temporary", member_of_a_temporary}});
}
