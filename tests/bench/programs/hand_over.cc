// G2, ours: a loan published under a name, and a reader in another process that polls the name: hand_over URL DATA_DIR
#include "hand_over.hpp"

#include <zkarrow/zkarrow.h>

#include <string>

namespace {

using hand_over::Turn;

constexpr int64_t kTimeoutMs = 30'000;

void check(zka_status status, zka_error& error, const char* what) {
  if (status != ZKA_OK) hand_over::fail(what, error.message ? error.message : zka_status_name(status));
}

zka_client* open_client(const char* url, const char* directory) {
  zka_error error = ZKA_ERROR_INIT;
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  options.data_dir = directory;
  zka_client* client;
  check(zka_client_open(url, &options, kTimeoutMs, nullptr, &client, &error), error, "zka_client_open");
  return client;
}

// A dataset for each size: a schema of one column, { value: uint64 }.
std::string name_of(const Turn& turn) { return "hand-over/" + std::to_string(turn.bytes); }

class Writer {
 public:
  Writer(const char* url, const char* directory) : client_(open_client(url, directory)) {}

  void* loan(const Turn& turn) {
    ArrowSchema column{}, schema{}, *columns[] = {&column};
    column.format = "L";
    column.name = "value";
    schema.format = "+s";
    schema.n_children = 1;
    schema.children = columns;
    column.release = schema.release = [](ArrowSchema* s) { s->release = nullptr; };
    check(zka_loan_open(client_, &schema, turn.bytes / 8, nullptr, &batch_, &loan_, &error_), error_, "zka_loan_open");
    name_ = name_of(turn);
    return const_cast<void*>(batch_.children[0]->buffers[1]);
  }

  void publish() {
    check(zka_loan_publish(loan_, name_.c_str(), &batch_, nullptr, kTimeoutMs, nullptr, &version_, &error_), error_,
          "zka_loan_publish");
  }

  // the version before goes, so that memory holds two of each size
  void done() {
    batch_.release(&batch_);
    zka_loan_close(loan_);
    if (version_.number == 1) return;
    check(zka_dataset_drop(client_, name_.c_str(), version_.number - 1, kTimeoutMs, nullptr, &error_), error_,
          "zka_dataset_drop");
  }

 private:
  zka_client* client_;
  zka_loan* loan_ = nullptr;
  ArrowArray batch_{};
  std::string name_;
  zka_version_info version_ = ZKA_VERSION_INFO_INIT;
  zka_error error_ = ZKA_ERROR_INIT;
};

class Reader {
 public:
  Reader(const char* url, const char* directory) : client_(open_client(url, directory)) {}

  void begin(const Turn& turn) {
    name_ = name_of(turn);
    zka_version_info head = ZKA_VERSION_INFO_INIT;
    const zka_status status = zka_dataset_stat(client_, name_.c_str(), 0, kTimeoutMs, nullptr, &head, &error_);
    if (status != ZKA_NOT_FOUND) check(status, error_, "zka_dataset_stat");
    last_ = status == ZKA_OK ? head.number : 0;
  }

  uint64_t next(const Turn& turn) {
    zka_read_options options = ZKA_READ_OPTIONS_INIT;
    if (turn.waits) {
      options.version = last_ + 1;
      options.flags = ZKA_READ_WAIT;
    }
    zka_version_info version = ZKA_VERSION_INFO_INIT;
    zka_table* table;
    for (hand_over::Poll poll;; poll.again()) {
      const zka_status status =
          zka_dataset_read(client_, name_.c_str(), &options, kTimeoutMs, nullptr, &table, &error_);
      if (status == ZKA_NOT_FOUND) continue;
      check(status, error_, "zka_dataset_read");
      check(zka_table_version(table, &version, &error_), error_, "zka_table_version");
      if (version.number != last_) break;
      zka_table_close(table);
    }
    last_ = version.number;
    check(zka_table_stream(table, &stream_, &error_), error_, "zka_table_stream");
    if (stream_.get_next(&stream_, &batch_) != 0) hand_over::fail("get_next", stream_.get_last_error(&stream_));
    zka_table_close(table);
    return *static_cast<const uint64_t*>(batch_.children[0]->buffers[1]);
  }

  void release() {
    batch_.release(&batch_);
    stream_.release(&stream_);
  }

 private:
  zka_client* client_;
  std::string name_;
  uint64_t last_ = 0;
  ArrowArrayStream stream_{};
  ArrowArray batch_{};
  zka_error error_ = ZKA_ERROR_INIT;
};

}  // namespace

int main(int, char** argv) {
  hand_over::run([&] { return Writer(argv[1], argv[2]); }, [&] { return Reader(argv[1], argv[2]); });
}
