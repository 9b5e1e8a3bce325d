// The C++ driver of the contract suite: tests/contract/README.md.
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <typeinfo>
#include <zkarrow/zkarrow.hpp>

#include "digest.hpp"
#include "loan.hpp"
#include "make.hpp"

namespace contract {
namespace {

using Json = nlohmann::json;

/// For what the type system rules out: not a status, so that no case takes it for one.
struct RuledOut {};

zkarrow::Timeout deadline(const Json& request) {
  return request.contains("timeout_ms") ? zkarrow::Timeout(std::chrono::milliseconds(request["timeout_ms"].get<int>()))
                                        : zkarrow::default_timeout;
}

Make make_of(const Json& request) {
  const Json& make = request.at("make");
  return {make.at("kind"), make.value("rows", std::int64_t{0}), make.value("seed", std::int64_t{0}),
          make.value("batches", std::int64_t{1})};
}

const char* const residencies[] = {"auto", "inline", "host", "disk", "process"};

Json json_of(const zkarrow::Version& version) {
  return {{"number", version.number},
          {"rows", version.rows},
          {"nbytes", version.nbytes},
          {"epoch", version.epoch},
          {"commit_id", version.commit_id},
          {"schema_id", version.schema_id},
          {"residency", residencies[static_cast<int>(version.residency)]},
          {"commit_number", version.commit_number}};
}

Json json_of(const std::vector<zkarrow::DatasetInfo>& versions) {
  Json by_name = Json::object();
  for (const zkarrow::DatasetInfo& one : versions) by_name[one.name] = json_of(one.head);
  return by_name;
}

zkarrow::AsOf as_of(const Json& request) {
  if (request.contains("as_of_commit_number"))
    return zkarrow::AsOf::commit(request["as_of_commit_number"].get<std::int64_t>());
  if (request.contains("as_of_commit_id")) return zkarrow::AsOf::commit(request["as_of_commit_id"].get<std::string>());
  if (request.contains("as_of_us"))
    return zkarrow::AsOf::time(zkarrow::Timestamp(std::chrono::microseconds(request["as_of_us"].get<std::int64_t>())));
  return {};
}

/// The owners kept under keys.
std::map<std::string, zkarrow::Owner>& owners() {
  static std::map<std::string, zkarrow::Owner> kept;
  return kept;
}

const char* name_of(zkarrow::OwnerState state) {
  static const char* const names[] = {"", "connected", "suspended", "lost", "released"};
  return names[static_cast<int>(state)];
}

zkarrow::PublishOptions publish_options(const Json& request) {
  zkarrow::PublishOptions options;
  if (request.contains("owner")) options.owner = &owners().at(request["owner"]);
  options.timeout = deadline(request);
  options.same_schema = request.value("same_schema", false);
  if (request.contains("expected_version")) options.expected_version = request["expected_version"];
  const std::string residency = request.value("residency", "auto");
  for (int known = 1; known < 5; ++known)
    if (residency == residencies[known]) options.residency = static_cast<zkarrow::Residency>(known);
  options.tags = request.value("tags", std::vector<std::string>());
  options.metadata = request.value("metadata", std::map<std::string, std::string>());
  if (request.contains("lifetime"))
    options.lifetime = request["lifetime"] == "session" ? zkarrow::Lifetime::session : zkarrow::Lifetime::persistent;
  if (request.contains("ttl_ms")) {
    options.lifetime = zkarrow::Lifetime::ttl;
    options.ttl = std::chrono::milliseconds(request["ttl_ms"]);
  }
  return options;
}

zkarrow::ReadOptions read_options(const Json& request) {
  zkarrow::ReadOptions options;
  options.version = request.value("version", std::uint64_t{0});
  options.as_of = as_of(request);
  options.tag = request.value("tag", "");
  options.strict = request.value("strict", false);
  options.wait = request.value("wait", false);
  options.validate_full = request.value("validate_full", false);
  options.timeout = deadline(request);
  return options;
}

zkarrow::CallOptions call_options(const Json& request) {
  zkarrow::CallOptions options;
  options.timeout = deadline(request);
  return options;
}

constexpr const char* policies[] = {"", "none", "backward", "forward", "full", "exact"};

class Driver {
 public:
  Json run(const Json& request) {
    const auto operation = operations_.find(request.at("op"));
    if (operation == operations_.end()) throw zkarrow::UnsupportedError("unknown operation");
    return (this->*operation->second)(request);
  }

 private:
  Json open(const Json& request) {
    url_ = request.at("url");
    options_ = {};
    options_.data_dir = request.value("data_dir", "");
    options_.session_timeout = std::chrono::milliseconds(request.value("session_timeout_ms", 0));
    options_.code_tag = request.value("code_tag", "");
    options_.disk_dir = request.value("disk_dir", "");
    options_.space_limit = request.value("space_limit", std::int64_t{0});
    options_.timeout = deadline(request);
    client_ = zkarrow::Client::connect(url_, options_);
    return Json::object();
  }
  Json close(const Json&) {
    client_.close();
    return Json::object();
  }
  Json state(const Json&) {
    static const char* const names[] = {"", "connected", "suspended", "lost", "closed"};
    return {{"state", names[static_cast<int>(client_.state())]}};
  }
  Json publish(const Json& request) {
    if (request.contains("owner") && owners().at(request["owner"]).name() == request.at("name"))
      return {
          {"version",
           json_of(owners().at(request["owner"]).publish(make_stream(make_of(request)), publish_options(request)))}};
    return {{"version",
             json_of(client_.publish(request.at("name"), make_stream(make_of(request)), publish_options(request)))}};
  }
  Json append(const Json& request) {
    return {{"version",
             json_of(client_.append(request.at("name"), make_stream(make_of(request)), publish_options(request)))}};
  }
  Json relay(const Json& request) {
    zkarrow::UniqueStream stream = client_.read(request.at("from"), read_options(request)).stream();
    return {{"version", json_of(client_.publish(request.at("to"), stream, publish_options(request)))}};
  }
  Json read(const Json& request) { return described(client_.read(request.at("name"), read_options(request))); }
  static Json described(const zkarrow::Table& table) {
    const Digest digest = digest_of(table.batches());
    Json answer = {{"version", json_of(table.version())},
                   {"zero_copy", table.zero_copy()},
                   {"copy_reason", nullptr},
                   {"batches", digest.batches()},
                   {"digest", digest.hex()}};
    if (const auto reason = table.copy_reason()) answer["copy_reason"] = std::string(*reason);
    return answer;
  }
  Json hold(const Json& request) {
    tables_.emplace(request.at("as"), client_.read(request.at("name"), read_options(request)));
    return Json::object();
  }
  Json digest(const Json& request) {
    const Digest digest = digest_of(tables_.at(request.at("of")).batches());
    return {{"digest", digest.hex()}, {"batches", digest.batches()}};
  }
  Json loan(const Json& request) {
    const Make make = make_of(request);
    zkarrow::Loan loan =
        loan_of(client_, make, request.value("room", make.rows), request.value("var_bytes", 2 * make.rows));
    if (!request.contains("as"))
      return {{"version", json_of(loan.publish(request.at("name"), publish_options(request)))}};
    loans_.emplace(request["as"], std::move(loan));
    return Json::object();
  }
  Json loan_publish(const Json& request) {
    zkarrow::Loan& loan = loans_.at(request.at("of"));
    return {{"version", json_of(loan.publish(request.at("name"), publish_options(request)))}};
  }
  Json begin(const Json& request) {
    transactions_.emplace(request.at("as"), client_.transaction());
    return Json::object();
  }
  Json stage(const Json& request) {
    zkarrow::Transaction& transaction = transactions_.at(request.at("of"));
    if (request.value("append", false))
      transaction.append(request.at("name"), make_stream(make_of(request)), publish_options(request));
    else
      transaction.publish(request.at("name"), make_stream(make_of(request)), publish_options(request));
    return Json::object();
  }
  Json commit(const Json& request) {
    return {{"versions", json_of(transactions_.at(request.at("of")).commit(call_options(request)))}};
  }
  Json snapshot(const Json& request) {
    zkarrow::SnapshotOptions options;
    options.as_of = as_of(request);
    options.timeout = deadline(request);
    zkarrow::Snapshot snapshot = request.contains("names")
                                     ? client_.snapshot(request["names"].get<std::vector<std::string>>(), options)
                                     : client_.snapshot(options);
    Json answer = {{"commit_number", snapshot.commit_number()}, {"versions", json_of(snapshot.versions())}};
    snapshots_.emplace(request.at("as"), std::move(snapshot));
    return answer;
  }
  Json query(const Json& request) {
    zkarrow::QueryOptions options;
    options.as_of = as_of(request);
    options.timeout = deadline(request);
    options.memory_limit = request.value("memory_limit", std::int64_t{0});
    options.threads = request.value("threads", 0);
    return {{"digest", digest_of(zkarrow::Batches(client_.query(request.at("sql"), options))).hex()}};
  }
  Json snapshot_read(const Json& request) {
    return described(snapshots_.at(request.at("of")).read(request.at("name")));
  }
  Json own(const Json& request) {
    zkarrow::OwnOptions options;
    options.take_over = request.value("take_over", false);
    options.timeout = deadline(request);
    owners().emplace(request.at("as"), client_.own(request.at("name"), options));
    return describe(owners().at(request["as"]));
  }
  Json owner(const Json& request) { return describe(owners().at(request.at("of"))); }
  Json owner_wait(const Json& request) {
    int from = static_cast<int>(zkarrow::OwnerState::released);
    while (from > 1 && request.at("from") != name_of(static_cast<zkarrow::OwnerState>(from))) --from;
    const zkarrow::Owner& owner = owners().at(request.at("of"));
    return {{"state", name_of(owner.wait(static_cast<zkarrow::OwnerState>(from), call_options(request)))}};
  }
  Json give_back(const Json& request) {
    owners().at(request.at("of")).give_back(call_options(request));
    return Json::object();
  }
  static Json describe(const zkarrow::Owner& owner) {
    return {{"epoch", owner.epoch()}, {"state", name_of(owner.state())}};
  }
  Json let_go(const Json& request) {
    owners().erase(request.at("of").get<std::string>());
    transactions_.erase(request.at("of").get<std::string>());
    snapshots_.erase(request.at("of").get<std::string>());
    loans_.erase(request.at("of").get<std::string>());
    tables_.erase(request.at("of").get<std::string>());
    return Json::object();
  }
  Json stat(const Json& request) {
    return {{"version", json_of(client_.stat(request.at("name"), request.value("version", std::uint64_t{0}),
                                             call_options(request)))}};
  }
  Json list(const Json& request) {
    Json datasets = Json::array();
    for (const zkarrow::DatasetInfo& dataset : client_.datasets(request.value("prefix", ""), call_options(request)))
      datasets.push_back({{"name", dataset.name}, {"version", dataset.head.number}, {"rows", dataset.head.rows}});
    return {{"datasets", datasets}};
  }
  Json history(const Json& request) {
    Json numbers = Json::array();
    for (const zkarrow::Version& version : client_.versions(request.at("name"), call_options(request)))
      numbers.push_back(version.number);
    return {{"versions", numbers}};
  }
  Json audit(const Json& request) {
    Json versions = Json::array();
    for (const zkarrow::Version& version : client_.versions(request.at("name"), call_options(request)))
      versions.push_back({{"version", version.number},
                          {"author", version.author},
                          {"parent_commit_id", version.parent_commit_id},
                          {"code_tag", version.code_tag},
                          {"tags", version.tags},
                          {"metadata", version.metadata}});
    return {{"versions", versions}};
  }
  Json configure(const Json& request) {
    zkarrow::DatasetOptions options;
    options.timeout = deadline(request);
    zkarrow::Retention keep;
    if (request.contains("keep_versions")) keep.versions = request["keep_versions"];
    if (request.contains("keep_age_ms")) keep.age = std::chrono::milliseconds(request["keep_age_ms"]);
    if (request.contains("keep_bytes")) keep.nbytes = request["keep_bytes"];
    if (keep.versions || keep.age || keep.nbytes) options.retention = keep;
    for (int policy = 1; policy <= 5; ++policy) {
      if (request.value("schema_policy", "") == policies[policy])
        options.schema_policy = static_cast<zkarrow::SchemaPolicy>(policy);
    }
    if (request.contains("ttl_ms")) options.ttl = std::chrono::milliseconds(request["ttl_ms"]);
    client_.configure(request.at("name"), options);
    return Json::object();
  }
  Json describe(const Json& request) {
    static const char* const lifetimes[] = {"", "persistent", "session", "ttl"};
    const zkarrow::DatasetDescription told = client_.describe(request.at("name"), call_options(request));
    return {{"head", told.head},
            {"versions", told.versions},
            {"bytes", told.nbytes},
            {"keep_versions", told.retention.versions.value_or(0)},
            {"keep_age_ms", told.retention.age.value_or(std::chrono::milliseconds()).count()},
            {"keep_bytes", told.retention.nbytes.value_or(0)},
            {"schema_policy", policies[static_cast<int>(told.schema_policy)]},
            {"lifetime", lifetimes[static_cast<int>(told.lifetime)]},
            {"ttl_ms", told.ttl.count()},
            {"owned", told.owned},
            {"tags", told.tags}};
  }
  Json tag(const Json& request) {
    client_.tag(request.at("name"), request.at("version"), request.at("tag"), call_options(request));
    return Json::object();
  }
  Json untag(const Json& request) {
    client_.untag(request.at("name"), request.at("tag"), call_options(request));
    return Json::object();
  }
  Json drop(const Json& request) {
    client_.drop(request.at("name"), request.value("version", std::uint64_t{0}), call_options(request));
    return Json::object();
  }
  Json subscribe(const Json& request) {
    subscriptions_.emplace(request.at("as"),
                           client_.subscribe(request.at("name"), request.value("after", std::uint64_t{0})));
    return Json::object();
  }
  Json next(const Json& request) {
    zkarrow::Subscription& subscription = subscriptions_.at(request.at("of"));
    const auto version = subscription.next(deadline(request));
    if (!version) throw zkarrow::TimeoutError("no version came before the deadline");
    return {{"version", json_of(*version)}, {"skipped", subscription.skipped()}};
  }
  Json unsubscribe(const Json& request) {
    subscriptions_.erase(request.at("of").get<std::string>());
    return Json::object();
  }
  Json exchange_echo(const Json& request) {
    Addresses made;
    Addresses got;
    zkarrow::exchange::put("contract", make_stream(make_of(request), &made));
    zkarrow::UniqueStream stream = zkarrow::exchange::get("contract");
    zkarrow::exchange::remove("contract");
    const Digest digest = digest_of(zkarrow::Batches(std::move(stream)), &got);
    return {{"digest", digest.hex()}, {"same_addresses", !made.empty() && made == got}};
  }
  Json counters(const Json&) {
    zka_counters raw = ZKA_COUNTERS_INIT;
    zkarrow::detail::check([&](zka_error* error) { return zka__counters(&raw, error); });
    return {{"handles", raw.handles},
            {"exported_arrays", raw.exported_arrays},
            {"exported_streams", raw.exported_streams},
            {"exported_schemas", raw.exported_schemas},
            {"batches", raw.batches},
            {"mapped_segments", raw.mapped_segments},
            {"mapped_bytes", raw.mapped_bytes}};
  }
  Json misuse(const Json& request) {
    const std::string what = request.at("what");
    // a std::string is never NULL, and a Table is no Client
    if (what == "null_name" || what == "wrong_handle") throw RuledOut();
    if (what == "null_handle") return {{"version", json_of(zkarrow::Client(nullptr).stat("misuse"))}};
    if (what == "closed_client") {
      zkarrow::Client closed = zkarrow::Client::connect(url_, options_);
      closed.close();
      return {{"version", json_of(closed.stat("misuse"))}};
    }
    if (what == "null_stream") return {{"version", json_of(client_.publish("misuse", nullptr))}};
    if (what == "released_stream") return {{"version", json_of(client_.publish("misuse", zkarrow::UniqueStream()))}};
    if (what == "released_array")
      return {{"version", json_of(client_.publish("misuse", make_stream({what, 3, 0, 1})))}};
    throw zkarrow::UnsupportedError("unknown misuse");
  }

  using Operation = Json (Driver::*)(const Json&);
  const std::map<std::string, Operation> operations_ = {
      {"open", &Driver::open},
      {"close", &Driver::close},
      {"state", &Driver::state},
      {"publish", &Driver::publish},
      {"append", &Driver::append},
      {"relay", &Driver::relay},
      {"read", &Driver::read},
      {"hold", &Driver::hold},
      {"digest", &Driver::digest},
      {"let_go", &Driver::let_go},
      {"stat", &Driver::stat},
      {"list", &Driver::list},
      {"history", &Driver::history},
      {"audit", &Driver::audit},
      {"configure", &Driver::configure},
      {"describe", &Driver::describe},
      {"tag", &Driver::tag},
      {"untag", &Driver::untag},
      {"drop", &Driver::drop},
      {"subscribe", &Driver::subscribe},
      {"next", &Driver::next},
      {"unsubscribe", &Driver::unsubscribe},
      {"exchange_echo", &Driver::exchange_echo},
      {"counters", &Driver::counters},
      {"misuse", &Driver::misuse},
      {"begin", &Driver::begin},
      {"stage", &Driver::stage},
      {"commit", &Driver::commit},
      {"query", &Driver::query},
      {"snapshot", &Driver::snapshot},
      {"snapshot_read", &Driver::snapshot_read},
      {"loan", &Driver::loan},
      {"loan_publish", &Driver::loan_publish},
      {"own", &Driver::own},
      {"owner", &Driver::owner},
      {"owner_wait", &Driver::owner_wait},
      {"release", &Driver::give_back},
  };
  std::string url_;
  zkarrow::ConnectOptions options_;
  zkarrow::Client client_{nullptr};
  std::map<std::string, zkarrow::Table> tables_;
  std::map<std::string, zkarrow::Loan> loans_;
  std::map<std::string, zkarrow::Transaction> transactions_;
  std::map<std::string, zkarrow::Snapshot> snapshots_;
  std::map<std::string, zkarrow::Subscription> subscriptions_;
};

Json answer(Driver& driver, const std::string& line) {
  try {
    Json answer = driver.run(Json::parse(line));
    answer["ok"] = true;
    return answer;
  } catch (const zkarrow::Error& error) {
    return {{"ok", false},
            {"status", zkarrow::to_string(error.status())},
            {"message", error.what()},
            {"retryable", error.retryable()},
            {"outcome_unknown", error.outcome_unknown()}};
  } catch (const RuledOut&) {
    return {{"ok", false}, {"status", "RULED_OUT"}};
  } catch (const std::exception& error) {
    return {{"ok", false}, {"status", typeid(error).name()}, {"message", error.what()}};
  }
}

}  // namespace
}  // namespace contract

int main() {
  contract::Driver driver;
  for (std::string line; std::getline(std::cin, line);) std::cout << contract::answer(driver, line).dump() << std::endl;
}
