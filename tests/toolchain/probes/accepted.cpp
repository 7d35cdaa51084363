// The patterns that the coroutine lint accepts: all of them must work with this compiler.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <functional>
#include <memory>
#include <stdexcept>

#include "probe.hpp"

namespace probes {
namespace {

awaitable<bool> statement() {
  co_await asio::post(use_awaitable);
  co_return true;
}

awaitable<bool> initializer() {
  bool ok = co_await yes();
  int number = co_await seven();
  co_return ok && number == 7;
}

awaitable<bool> extended_reference() {
  const std::string& value = co_await text();
  co_await asio::post(use_awaitable);
  co_return value == long_text;
}

awaitable<bool> structured_binding() {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::milliseconds(1));
  auto [error] = co_await timer.async_wait(asio::as_tuple(use_awaitable));
  co_await asio::post(use_awaitable);
  co_return !error;
}

awaitable<bool> temporaries_of_classes() {
  bool by_value = co_await take_counted(counted());
  bool by_reference = co_await take_reference(std::string(48, 'x'));
  bool by_constructor = co_await take_constructed(constructed(long_text, 7));
  bool by_conversion = co_await take_text("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  bool by_sum = co_await take_text(std::string(40, 'x') + "xxxxxxxx");
  co_return by_value && by_reference && by_constructor && by_conversion && by_sum;
}

awaitable<bool> named_aggregate() {
  aggregate value{long_text, counted(), 7};
  bool ok = co_await take_aggregate(std::move(value));
  co_return ok;
}

awaitable<bool> aggregate_from_a_call() {
  bool ok = co_await take_aggregate(make_aggregate());
  co_return ok;
}

awaitable<bool> aggregate_as_a_result() {
  aggregate value = co_await some_aggregate();
  co_await asio::post(use_awaitable);
  co_return value.value.whole() && value.name == long_text;
}

awaitable<bool> named_lambda() {
  auto shared = std::make_shared<counted>();
  auto body = [shared] { return shared->whole(); };
  bool ok = co_await call(std::move(body));
  co_return ok && shared.use_count() <= 2 && shared->whole();
}

awaitable<bool> named_function() {
  auto shared = std::make_shared<counted>();
  std::function<bool()> body = [shared] { return shared->whole(); };
  bool ok = co_await call(std::move(body));
  co_return ok;
}

awaitable<bool> named_coroutine_lambda_spawned() {
  auto executor = co_await asio::this_coro::executor;
  auto value = std::make_unique<counted>();
  auto body = [value = std::move(value)]() mutable -> awaitable<bool> {
    co_await asio::post(use_awaitable);
    co_return value->whole();
  };
  bool ok = co_await asio::co_spawn(executor, std::move(body), use_awaitable);
  co_return ok;
}

awaitable<bool> spawned_from_a_statement() {
  auto executor = co_await asio::this_coro::executor;
  auto value = std::make_shared<counted>();
  bool ok = false;
  asio::co_spawn(
      executor,
      [value, &ok]() -> awaitable<void> {
        co_await asio::post(use_awaitable);
        ok = value->whole();
      },
      asio::detached);
  for (int i = 0; i < 5; ++i) co_await asio::post(use_awaitable);
  co_return ok;
}

awaitable<bool> named_choice() {
  bool first = co_await yes();
  std::string choice = first ? std::string(48, 'x') : std::string("y");
  bool ok = co_await take_text(std::move(choice));
  co_return ok;
}

awaitable<bool> named_condition() {
  for (int rounds = 0;; ++rounds) {
    bool more = co_await yes();
    if (more && rounds == 3) co_return true;
    if (!more) co_return false;
  }
}

awaitable<bool> branches() {
  int value = co_await seven();
  if (value == 7)
    co_await asio::post(use_awaitable);
  else
    co_await yes();
  switch (value) {
    case 7: co_await asio::post(use_awaitable); break;
    default: co_return false;
  }
  do co_await asio::post(use_awaitable);
  while (value++ < 9);
  co_return value == 10;
}

awaitable<bool> loop_over_a_range() {
  std::vector<std::string> values(3, long_text);
  for (const std::string& value : values) {
    bool ok = co_await take_reference(value);
    if (!ok) co_return false;
  }
  co_return true;
}

awaitable<void> fail(std::string what) {
  co_await asio::post(use_awaitable);
  throw std::runtime_error(what);
}

awaitable<bool> exceptions() {
  counted keeper;
  bool caught = false;
  try {
    co_await fail(std::string(48, 'x'));
  } catch (const std::runtime_error& error) {
    caught = error.what() == long_text;
  }
  co_await asio::post(use_awaitable);
  co_return caught && keeper.whole();
}

awaitable<bool> operators() {
  using namespace asio::experimental::awaitable_operators;
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer never(executor, std::chrono::hours(1));
  auto first = co_await (take_text(std::string(48, 'x')) || never.async_wait(use_awaitable));
  auto [value, number] = co_await (text() && seven());
  co_return first.index() == 0 && value == long_text && number == 7;
}

awaitable<bool> groups() {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer soon(executor, std::chrono::milliseconds(1));
  asio::steady_timer never(executor, std::chrono::hours(1));
  auto group = asio::experimental::make_parallel_group(soon.async_wait(asio::deferred),
                                                       never.async_wait(asio::deferred));
  auto [order, first, second] =
      co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
  co_return order[0] == 0 && !first && second == asio::error::operation_aborted;
}

awaitable<bool> defaulted(counted value = counted(), std::string name = std::string(48, 'x')) {
  co_await asio::post(use_awaitable);
  co_return value.whole() && name == long_text;
}

awaitable<bool> class_defaults() {
  bool ok = co_await defaulted();
  co_return ok;
}

class holder {
 public:
  explicit holder(std::string name) : name_(std::move(name)) {}
  awaitable<std::string> joined(std::string suffix) {
    co_await asio::post(use_awaitable);
    co_return name_ + suffix;
  }

 private:
  std::string name_;
};

awaitable<bool> members() {
  holder one(long_text);
  std::string value = co_await one.joined(std::string(48, 'y'));
  co_return value == long_text + std::string(48, 'y');
}

}  // namespace
}  // namespace probes

int main() {
  using namespace probes;
  return run({{"statement", statement},
              {"initializer", initializer},
              {"extended reference", extended_reference},
              {"structured binding", structured_binding},
              {"temporaries of classes", temporaries_of_classes},
              {"named aggregate", named_aggregate},
              {"aggregate from a call", aggregate_from_a_call},
              {"aggregate as a result", aggregate_as_a_result},
              {"named lambda", named_lambda},
              {"named function", named_function},
              {"named coroutine lambda, spawned", named_coroutine_lambda_spawned},
              {"spawned from a statement", spawned_from_a_statement},
              {"named choice", named_choice},
              {"named condition", named_condition},
              {"branches", branches},
              {"loop over a range", loop_over_a_range},
              {"exceptions", exceptions},
              {"operators", operators},
              {"groups", groups},
              {"class defaults", class_defaults},
              {"members", members}}) == 0
             ? 0
             : 1;
}
