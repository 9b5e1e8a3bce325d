"""The contract suite's driver for Python: requests on standard input, answers on standard output.

The protocol is in the README of the suite.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from ctypes import byref, c_int32
from datetime import datetime, timezone
from typing import Any, Callable

import zkarrow
from digest import addresses, digest
from loan_maker import loan_of
from maker import ReleasedStream, make, released_array
from zkarrow import Version, _ffi, exchange

Request = dict[str, Any]
Answer = dict[str, Any]


_KEEP = ("keep_versions", "keep_age_ms", "keep_bytes")


class Driver:
    """One client, and the tables and subscriptions kept under the names of the requests."""

    def __init__(self) -> None:
        self._client: zkarrow.Client | None = None
        self._kept: dict[str, Any] = {}
        self._rows: dict[str, int] = {}

    def answer(self, request: Request) -> Answer:
        try:
            operation: Callable[[Request], Answer] = getattr(self, "do_" + request["op"])
            return {"ok": True, **operation(request)}
        except zkarrow.Error as error:
            return {
                "ok": False,
                "status": error.status,
                "message": str(error),
                "retryable": error.retryable,
                "outcome_unknown": error.outcome_unknown,
            }
        except Exception as error:
            return {"ok": False, "status": type(error).__name__, "message": str(error)}

    def do_open(self, request: Request) -> Answer:
        options: dict[str, Any] = _timeout(request)
        if "data_dir" in request:
            options["data_dir"] = request["data_dir"]
        if "session_timeout_ms" in request:
            options["session_timeout"] = request["session_timeout_ms"] / 1000
        for option in ("code_tag", "disk_dir", "space_limit"):
            if option in request:
                options[option] = request[option]
        self._client = zkarrow.connect(request["url"], **options)
        return {}

    def do_close(self, request: Request) -> Answer:
        if self._client is not None:
            self._client.close()
        return {}

    def do_state(self, request: Request) -> Answer:
        return {"state": self.client.state}

    def do_publish(self, request: Request) -> Answer:
        return self._commit(self.client.publish, request)

    def do_append(self, request: Request) -> Answer:
        return self._commit(self.client.append, request)

    def _commit(self, method: Callable[..., Version], request: Request) -> Answer:
        version = method(request["name"], make(**request["make"]), **self._publish_options(request))
        return {"version": _version(version)}

    def _publish_options(self, request: Request) -> dict[str, Any]:
        options: dict[str, Any] = _timeout(request)
        if request.get("residency", "auto") != "auto":
            options["residency"] = request["residency"]
        for option in ("expected_version", "same_schema", "tags", "metadata", "lifetime"):
            if option in request:
                options[option] = request[option]
        if "ttl_ms" in request:
            options["lifetime"] = request["ttl_ms"] / 1000
        if "owner" in request:
            options["owner"] = self._kept[request["owner"]]
        return options

    def do_own(self, request: Request) -> Answer:
        take_over = request.get("take_over", False)
        owner = self.client.own(request["name"], take_over=take_over, **_timeout(request))
        self._kept[request["as"]] = owner
        return _owner(owner)

    def do_owner(self, request: Request) -> Answer:
        return _owner(self._kept[request["of"]])

    def do_owner_wait(self, request: Request) -> Answer:
        owner = self._kept[request["of"]]
        return {"state": owner.wait(request["from"], **_timeout(request))}

    def do_release(self, request: Request) -> Answer:
        self._kept[request["of"]].release(**_timeout(request))
        return {}

    def do_relay(self, request: Request) -> Answer:
        options: dict[str, Any] = _timeout(request)
        if request.get("residency", "auto") != "auto":
            options["residency"] = request["residency"]
        with self._read({**request, "name": request["from"]}) as table:
            version = self.client.publish(request["to"], table, **options)
        return {"version": _version(version)}

    def do_read(self, request: Request) -> Answer:
        with self._read(request) as table:
            return {**_described(table), "version": _version(table.version)}

    def do_hold(self, request: Request) -> Answer:
        self._kept[request["as"]] = self._read(request)
        return {}

    def do_digest(self, request: Request) -> Answer:
        return {"digest": digest(self._kept[request["of"]])[0]}

    def do_loan(self, request: Request) -> Answer:
        rows = request["make"].get("rows", 0)
        options = (request.get("room", rows), request.get("var_bytes", 2 * rows))
        loan = loan_of(self.client, request["make"], *options)
        if "as" in request:
            self._kept[request["as"]], self._rows[request["as"]] = loan, rows
            return {}
        with loan:
            return self._publish_loan(request, loan, rows)

    def do_loan_publish(self, request: Request) -> Answer:
        return self._publish_loan(request, self._kept[request["of"]], self._rows[request["of"]])

    def _publish_loan(self, request: Request, loan: zkarrow.Loan, rows: int) -> Answer:
        options: dict[str, Any] = _timeout(request)
        for option in ("expected_version", "residency", "same_schema"):
            if option in request:
                options[option] = request[option]
        if "owner" in request:
            options["owner"] = self._kept[request["owner"]]
        return {"version": _version(loan.publish(request["name"], rows=rows, **options))}

    def do_begin(self, request: Request) -> Answer:
        self._kept[request["as"]] = self.client.transaction()
        return {}

    def do_stage(self, request: Request) -> Answer:
        transaction = self._kept[request["of"]]
        method = transaction.append if request.get("append") else transaction.publish
        method(request["name"], make(**request["make"]), **self._publish_options(request))
        return {}

    def do_commit(self, request: Request) -> Answer:
        versions = self._kept[request["of"]].commit(**_timeout(request))
        return {"versions": {name: _version(version) for name, version in versions.items()}}

    def do_snapshot(self, request: Request) -> Answer:
        options = {**_timeout(request), **_as_of(request)}
        snapshot = self.client.snapshot(request.get("names"), **options)
        self._kept[request["as"]] = snapshot
        versions = {name: _version(version) for name, version in snapshot.versions.items()}
        return {"commit_number": snapshot.commit_number, "versions": versions}

    def do_snapshot_read(self, request: Request) -> Answer:
        with self._kept[request["of"]].read(request["name"]) as table:
            return {**_described(table), "version": _version(table.version)}

    def do_query(self, request: Request) -> Answer:
        limits = {key: request[key] for key in ("memory_limit", "threads") if key in request}
        answer = self.client.query(request["sql"], **limits, **_timeout(request), **_as_of(request))
        return {"digest": digest(answer)[0]}

    def do_let_go(self, request: Request) -> Answer:
        self._kept.pop(request["of"]).close()
        return {}

    def do_stat(self, request: Request) -> Answer:
        return {"version": _version(self.client.stat(request["name"], **_number(request)))}

    def do_list(self, request: Request) -> Answer:
        datasets = self.client.list(request.get("prefix"))
        return {
            "datasets": [
                {"name": one.name, "version": one.version, "rows": one.rows} for one in datasets
            ]
        }

    def do_history(self, request: Request) -> Answer:
        return {"versions": [one.version for one in self.client.history(request["name"])]}

    def do_audit(self, request: Request) -> Answer:
        fields = ("version", "author", "parent_commit_id", "code_tag", "tags", "metadata")
        history = self.client.history(request["name"])
        return {"versions": [{field: getattr(one, field) for field in fields} for one in history]}

    def do_configure(self, request: Request) -> Answer:
        options: dict[str, Any] = _timeout(request)
        if keep := {field: request[field] for field in _KEEP if field in request}:
            options["retention"] = zkarrow.Retention(
                keep.get("keep_versions"),
                keep["keep_age_ms"] / 1000 if "keep_age_ms" in keep else None,
                keep.get("keep_bytes"),
            )
        if "schema_policy" in request:
            options["schema_policy"] = request["schema_policy"]
        if "ttl_ms" in request:
            options["ttl"] = request["ttl_ms"] / 1000
        self.client.configure(request["name"], **options)
        return {}

    def do_describe(self, request: Request) -> Answer:
        told = self.client.describe(request["name"], **_timeout(request))
        ttl = 0 if isinstance(told.lifetime, str) else round(told.lifetime * 1000)
        age = told.retention.age
        return {
            "head": told.head or 0,
            "versions": told.versions,
            "bytes": told.nbytes,
            "keep_versions": told.retention.versions or 0,
            "keep_age_ms": round(age * 1000) if age else 0,
            "keep_bytes": told.retention.nbytes or 0,
            "schema_policy": told.schema_policy,
            "lifetime": told.lifetime if isinstance(told.lifetime, str) else "ttl",
            "ttl_ms": ttl,
            "owned": told.owned,
            "tags": told.tags,
        }

    def do_tag(self, request: Request) -> Answer:
        self.client.tag(request["name"], request["version"], request["tag"])
        return {}

    def do_untag(self, request: Request) -> Answer:
        self.client.untag(request["name"], request["tag"])
        return {}

    def do_drop(self, request: Request) -> Answer:
        self.client.drop(request["name"], **_number(request))
        return {}

    def do_subscribe(self, request: Request) -> Answer:
        subscription = self.client.subscribe(request["name"], after=request.get("after", 0))
        self._kept[request["as"]] = subscription
        return {}

    def do_next(self, request: Request) -> Answer:
        subscription = self._kept[request["of"]]
        version = subscription.next(**_timeout(request))
        return {"version": _version(version), "skipped": subscription.skipped}

    def do_unsubscribe(self, request: Request) -> Answer:
        self._kept.pop(request["of"]).close()
        return {}

    def do_exchange_echo(self, request: Request) -> Answer:
        table = make(**request["make"])
        exchange.put("contract", table)
        same = addresses(exchange.get("contract")) == addresses(table)
        found, _ = digest(exchange.get("contract"))
        exchange.remove("contract")
        return {"same_addresses": same, "digest": found}

    def do_misuse(self, request: Request) -> Answer:
        table = make("int64", rows=1)
        what = request["what"]
        if what == "null_handle":
            _state_of(None)
        elif what == "wrong_handle":
            self._state_of_table()
        elif what == "closed_client":
            client = zkarrow.Client(None, "closed")
            client.list()
        elif what == "null_name":
            self.client.publish(None, table)  # type: ignore[arg-type]
        elif what == "null_stream":
            self.client.publish("misuse", None)  # type: ignore[arg-type]
        elif what == "released_stream":
            self.client.publish("misuse", ReleasedStream())
        elif what == "released_array":
            self.client.publish("misuse", released_array())
        else:
            raise NotImplementedError(f"the mistake {what!r} is not known")
        return {}

    def do_counters(self, request: Request) -> Answer:
        return zkarrow.counters()

    @property
    def client(self) -> zkarrow.Client:
        if self._client is None:
            raise zkarrow.InvalidHandleError("no client was opened")
        return self._client

    def _read(self, request: Request) -> zkarrow.Table:
        options: dict[str, Any] = {**_timeout(request), **_number(request), **_as_of(request)}
        for option in ("strict", "wait", "tag"):
            if option in request:
                options[option] = request[option]
        if request.get("validate_full"):
            options["validate"] = "full"
        return self.client.read(request["name"], **options)

    def _state_of_table(self) -> None:
        self.client.publish("misuse-table", make("int64", rows=1))
        try:
            with self.client.read("misuse-table") as table:
                _state_of(table._pointer)
        finally:
            self.client.drop("misuse-table")


def _state_of(handle: int | None) -> None:
    _ffi.call(_ffi.library().zka_client_state, handle, byref(c_int32()))


def _timeout(request: Request) -> dict[str, Any]:
    if "timeout_ms" not in request:
        return {}
    milliseconds = request["timeout_ms"]
    return {"timeout": None if milliseconds < 0 else milliseconds / 1000}


def _as_of(request: Request) -> dict[str, Any]:
    for field in ("as_of_commit_number", "as_of_commit_id"):
        if field in request:
            return {"as_of": request[field]}
    if "as_of_us" in request:
        return {"as_of": datetime.fromtimestamp(request["as_of_us"] / 1e6, timezone.utc)}
    return {}


def _number(request: Request) -> dict[str, int]:
    # 0 is the head in the protocol; in Python it is left out
    return {"version": request["version"]} if request.get("version") else {}


def _owner(owner: zkarrow.Owner) -> Answer:
    return {"epoch": owner.epoch, "state": owner.state}


def _version(version: zkarrow.Version) -> Answer:
    answer = dataclasses.asdict(version)
    del answer["committed_at"]
    return answer


def _described(table: zkarrow.Table) -> Answer:
    found, batches = digest(table)
    return {
        "zero_copy": table.zero_copy,
        "copy_reason": table.copy_reason,
        "batches": batches,
        "digest": found,
    }


def main() -> None:
    driver = Driver()
    for line in sys.stdin:
        print(json.dumps(driver.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
