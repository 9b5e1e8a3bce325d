// needs: arrow
// Reads a dataset through the C++ binding and hands it to Arrow C++, which compares it with the Arrow file that another
// program wrote; then publishes what Arrow C++ holds under another name. Says in JSON what it saw.
#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <zkarrow/zkarrow.hpp>

namespace {

// The inode of the mapped file that an address lies in; 0 for memory of this process alone.
std::string InodeOf(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t start = 0, end = 0;
    char inode[32] = "";
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %31s", &start, &end, inode) == 3 &&
        at >= start && at < end) {
      return inode;
    }
  }
  return "0";
}

// With the binding alone: the sum of an int64 column and the bytes of a string column.
void Sum(const zkarrow::Table& table) {
  std::int64_t sum = 0;
  std::size_t bytes = 0;
  for (const auto& batch : table.batches()) {
    const auto ints = batch.column<std::int64_t>("i64");
    const auto texts = batch.strings("text");
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      if (const auto value = ints.get(row)) sum += *value;
      if (const auto text = texts.get(row)) bytes += text->size();
    }
  }
  std::cout << "\"sum\": " << sum << ", \"text_bytes\": " << bytes << ", ";
}

arrow::Status Run(const char* url, const char* data_dir, const std::string& name, const std::string& again,
                  const std::string& path) {
  zkarrow::ConnectOptions options;
  options.data_dir = data_dir;
  auto client = zkarrow::Client::connect(url, options);
  auto table = client.read(name);
  Sum(table);

  auto stream = table.stream();
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ImportRecordBatchReader(stream.get()));
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto original, arrow::ipc::RecordBatchFileReader::Open(file));
  ARROW_ASSIGN_OR_RAISE(auto expected, original->ToRecordBatches());
  bool equal = batches.size() == expected.size();
  for (std::size_t i = 0; equal && i < batches.size(); ++i) {
    ARROW_RETURN_NOT_OK(batches[i]->ValidateFull());
    equal = batches[i]->Equals(*expected[i], /*check_metadata=*/true);
  }
  const auto* address = batches.at(0)->GetColumnByName("i64")->data()->buffers[1]->data();
  std::cout << "\"arrow\": " << ARROW_VERSION_MAJOR << ", \"equal\": " << (equal ? "true" : "false")
            << ", \"inode\": \"" << InodeOf(address) << "\"";

  zkarrow::UniqueStream out;
  ARROW_ASSIGN_OR_RAISE(auto whole, arrow::RecordBatchReader::Make(batches));
  ARROW_RETURN_NOT_OK(arrow::ExportRecordBatchReader(whole, out.get()));
  client.publish(again, out);
  return arrow::Status::OK();
}

}  // namespace

int main(int, char** argv) {
  std::cout << "{";
  auto status = Run(argv[1], argv[2], argv[3], argv[4], argv[5]);
  std::cout << "}\n";
  if (!status.ok()) std::cerr << status.ToString() << '\n';
  return status.ok() ? 0 : 1;
}
