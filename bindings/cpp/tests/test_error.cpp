#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <zkarrow/zkarrow.hpp>

static_assert(std::is_nothrow_copy_constructible_v<zkarrow::Error>,
              "an exception that throws when it is copied would terminate");

namespace {

void fail_with(zka_status status, std::int32_t keeper_code = 0, std::uint32_t flags = 0) {
  zkarrow::detail::check([&](zka_error* error) { return zka__raise_for_test(status, keeper_code, flags, error); });
}

}  // namespace

TEST_CASE("every status has its leaf") {
  CHECK_NOTHROW(fail_with(ZKA_OK));
  CHECK_THROWS_AS(fail_with(ZKA_INVALID_ARGUMENT), zkarrow::InvalidArgumentError);
  CHECK_THROWS_AS(fail_with(ZKA_INVALID_HANDLE), zkarrow::InvalidHandleError);
  CHECK_THROWS_AS(fail_with(ZKA_NOT_FOUND), zkarrow::NotFoundError);
  CHECK_THROWS_AS(fail_with(ZKA_ALREADY_EXISTS), zkarrow::AlreadyExistsError);
  CHECK_THROWS_AS(fail_with(ZKA_CONFLICT), zkarrow::ConflictError);
  CHECK_THROWS_AS(fail_with(ZKA_NOT_OWNER), zkarrow::NotOwnerError);
  CHECK_THROWS_AS(fail_with(ZKA_FENCED), zkarrow::FencedError);
  CHECK_THROWS_AS(fail_with(ZKA_SCHEMA_MISMATCH), zkarrow::SchemaMismatchError);
  CHECK_THROWS_AS(fail_with(ZKA_NOT_RESIDENT), zkarrow::NotResidentError);
  CHECK_THROWS_AS(fail_with(ZKA_DATA_LOST), zkarrow::DataLostError);
  CHECK_THROWS_AS(fail_with(ZKA_CORRUPT), zkarrow::CorruptError);
  CHECK_THROWS_AS(fail_with(ZKA_NO_SPACE), zkarrow::NoSpaceError);
  CHECK_THROWS_AS(fail_with(ZKA_TOO_LARGE), zkarrow::TooLargeError);
  CHECK_THROWS_AS(fail_with(ZKA_TIMEOUT), zkarrow::TimeoutError);
  CHECK_THROWS_AS(fail_with(ZKA_CANCELLED), zkarrow::CancelledError);
  CHECK_THROWS_AS(fail_with(ZKA_UNAVAILABLE), zkarrow::UnavailableError);
  CHECK_THROWS_AS(fail_with(ZKA_SESSION_EXPIRED), zkarrow::SessionExpiredError);
  CHECK_THROWS_AS(fail_with(ZKA_UNAUTHENTICATED), zkarrow::UnauthenticatedError);
  CHECK_THROWS_AS(fail_with(ZKA_PERMISSION_DENIED), zkarrow::PermissionDeniedError);
  CHECK_THROWS_AS(fail_with(ZKA_UNSUPPORTED), zkarrow::UnsupportedError);
  CHECK_THROWS_AS(fail_with(ZKA_FORKED), zkarrow::ForkedError);
  CHECK_THROWS_AS(fail_with(ZKA_BUSY), zkarrow::BusyError);
  CHECK_THROWS_AS(fail_with(ZKA_INTERNAL), zkarrow::InternalError);
}

TEST_CASE("an error carries what the library said") {
  try {
    fail_with(ZKA_UNAVAILABLE, -4, ZKA_ERROR_RETRYABLE | ZKA_ERROR_OUTCOME_UNKNOWN);
    FAIL("nothing was thrown");
  } catch (const zkarrow::Error& error) {
    CHECK(error.status() == zkarrow::Status::unavailable);
    CHECK(error.keeper_code() == -4);
    CHECK(error.retryable());
    CHECK(error.outcome_unknown());
    CHECK(!std::string(error.what()).empty());
    CHECK(std::string(zkarrow::to_string(error.status())) == "ZKA_UNAVAILABLE");
  }
}

TEST_CASE("a status of a newer library is a plain error") {
  try {
    zkarrow::detail::raise(zkarrow::Error(static_cast<zkarrow::Status>(4711), "from the future"));
  } catch (const zkarrow::Error& error) {
    CHECK(static_cast<int>(error.status()) == 4711);
    CHECK(std::string(error.what()) == "from the future");
  }
}
