"""Every status is an exception of its own, and the builtin a Python user would expect."""

from __future__ import annotations

import builtins
import errno
import pickle
from typing import Any

import pytest
import zkarrow
from zkarrow import _bindings, _errors, _ffi

STATUSES = {name: code for code, name in _bindings.STATUS_NAMES.items() if code}


def raised(status: int, keeper_code: int = 0, flags: int = 0) -> zkarrow.Error:
    with pytest.raises(zkarrow.Error) as caught:
        _ffi.call(_ffi.library().zka__raise_for_test, status, keeper_code, flags)
    return caught.value


def test_every_status_the_library_knows_has_a_class() -> None:
    name_of = _ffi.library().zka_status_name
    known = {}
    for value in range(1, 200):
        name = name_of(value).decode()
        if name != "ZKA_UNKNOWN":
            known[value] = name
    assert known == {value: kind.status for value, kind in _errors.CLASSES.items()}


@pytest.mark.parametrize("name", list(STATUSES))
def test_a_status_is_raised_as_its_class(name: str) -> None:
    error = raised(STATUSES[name], -103, _bindings.ZKA_ERROR_RETRYABLE)
    assert type(error) is _errors.CLASSES[STATUSES[name]]
    assert getattr(zkarrow, type(error).__name__) is type(error)
    assert (error.status, error.keeper_code) == (name, -103)
    assert (error.retryable, error.outcome_unknown) == (True, False)
    assert str(error) and "\n" not in str(error)


def test_the_outcome_may_be_unknown() -> None:
    error = raised(_bindings.ZKA_UNAVAILABLE, 0, _bindings.ZKA_ERROR_OUTCOME_UNKNOWN)
    assert (error.retryable, error.outcome_unknown) == (False, True)


@pytest.mark.parametrize(
    "kind, builtin",
    [
        (zkarrow.InvalidArgumentError, ValueError),
        (zkarrow.InvalidHandleError, ValueError),
        (zkarrow.NotFoundError, KeyError),
        (zkarrow.AlreadyExistsError, FileExistsError),
        (zkarrow.SchemaMismatchError, ValueError),
        (zkarrow.NoSpaceError, OSError),
        (zkarrow.TooLargeError, ValueError),
        (zkarrow.TimeoutError, builtins.TimeoutError),
        (zkarrow.UnavailableError, ConnectionError),
        (zkarrow.SessionExpiredError, ConnectionError),
        (zkarrow.UnauthenticatedError, PermissionError),
        (zkarrow.PermissionDeniedError, PermissionError),
        (zkarrow.UnsupportedError, NotImplementedError),
        (zkarrow.ForkedError, RuntimeError),
        (zkarrow.InternalError, RuntimeError),
    ],
)
def test_errors_are_the_builtins_one_expects(kind: type[Any], builtin: type[Any]) -> None:
    assert issubclass(kind, builtin)


@pytest.mark.parametrize("kind", list(_errors.CLASSES.values()))
def test_errors_survive_pickling_and_show_their_message(kind: type[zkarrow.Error]) -> None:
    error = kind("the disk was on fire", keeper_code=-4, retryable=True, outcome_unknown=True)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and str(again) == str(error) == "the disk was on fire"
    assert (again.keeper_code, again.retryable, again.outcome_unknown) == (-4, True, True)


def test_a_full_disk_has_its_errno() -> None:
    assert zkarrow.NoSpaceError("full").errno == errno.ENOSPC


def test_a_status_of_a_later_library_is_an_error_all_the_same() -> None:
    error = _errors.from_native(4711, _bindings.zka_error())
    assert type(error) is zkarrow.Error and "4711" in str(error)
