#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "counting.hpp"

namespace {

/// What a test case, or a sub case of it, left alive in the library: that fails the whole run.
int leaks = 0;

class LeakFinder : public doctest::IReporter {
 public:
  explicit LeakFinder(const doctest::ContextOptions& /*options*/) {}

  void test_case_start(const doctest::TestCaseData& test) override { begin(test); }
  void test_case_reenter(const doctest::TestCaseData& test) override {
    compare();
    begin(test);
  }
  void test_case_end(const doctest::CurrentTestCaseStats& /*result*/) override { compare(); }

  void report_query(const doctest::QueryData& /*query*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*result*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*thrown*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*subcase*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*checked*/) override {}
  void log_message(const doctest::MessageData& /*message*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*test*/) override {}

 private:
  void begin(const doctest::TestCaseData& test) {
    name_ = test.m_name;
    before_ = alive();
  }

  void compare() {
    if (alive() == before_) return;
    std::fprintf(stderr, "LEAK: \"%s\" left something alive in the library\n", name_);
    ++leaks;
  }

  const char* name_ = "";
  decltype(alive()) before_{};
};

}  // namespace

REGISTER_LISTENER("leaks", 1, LeakFinder);

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
  return failed != 0 || leaks == 0 ? failed : 1;
}
