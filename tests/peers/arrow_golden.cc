// needs: arrow
// Reads a dataset, and the same from the exchange of this process, with Arrow C++, and compares both with the Arrow
// file that they came from: values, schema and metadata. Then publishes what Arrow C++ holds under another name.
#include <arrow/api.h>
#include <arrow/c/bridge.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>

#include <iostream>
#include <string>
#include <zkarrow/zkarrow.hpp>

namespace {

using Batches = arrow::RecordBatchVector;

arrow::Status Same(const std::shared_ptr<arrow::Schema>& schema, const Batches& batches,
                   const std::shared_ptr<arrow::Schema>& expected_schema, const Batches& expected) {
  if (!schema->Equals(*expected_schema, /*check_metadata=*/true)) {
    return arrow::Status::Invalid("schema: ", schema->ToString(true), " instead of ", expected_schema->ToString(true));
  }
  if (batches.size() != expected.size()) {
    return arrow::Status::Invalid(batches.size(), " batches instead of ", expected.size());
  }
  for (std::size_t i = 0; i < batches.size(); ++i) {
    ARROW_RETURN_NOT_OK(batches[i]->ValidateFull());
    const auto options = arrow::EqualOptions::Defaults().nans_equal(true);
    if (!batches[i]->Equals(*expected[i], /*check_metadata=*/true, options)) {
      return arrow::Status::Invalid("batch ", i, ": ", batches[i]->ToString(), " instead of ", expected[i]->ToString());
    }
  }
  return arrow::Status::OK();
}

arrow::Status Run(const char* url, const char* data_dir, const std::string& name, const std::string& again,
                  const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto original, arrow::ipc::RecordBatchFileReader::Open(file));
  ARROW_ASSIGN_OR_RAISE(auto expected, original->ToRecordBatches());

  zkarrow::ConnectOptions options;
  options.data_dir = data_dir;
  auto client = zkarrow::Client::connect(url, options);
  zkarrow::ReadOptions reading;
  reading.validate_full = true;
  auto table = client.read(name, reading);
  auto stream = table.stream();
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ImportRecordBatchReader(stream.get()));
  const auto schema = reader->schema();
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  ARROW_RETURN_NOT_OK(Same(schema, batches, original->schema(), expected));

  ARROW_ASSIGN_OR_RAISE(auto source, arrow::RecordBatchReader::Make(expected, original->schema()));
  zkarrow::UniqueStream in;
  ARROW_RETURN_NOT_OK(arrow::ExportRecordBatchReader(source, in.get()));
  zkarrow::exchange::put("golden", in);
  auto out = zkarrow::exchange::get("golden");
  zkarrow::exchange::remove("golden");
  ARROW_ASSIGN_OR_RAISE(auto exchanged, arrow::ImportRecordBatchReader(out.get()));
  const auto exchanged_schema = exchanged->schema();
  ARROW_ASSIGN_OR_RAISE(auto passed, exchanged->ToRecordBatches());
  ARROW_RETURN_NOT_OK(Same(exchanged_schema, passed, original->schema(), expected));

  ARROW_ASSIGN_OR_RAISE(auto whole, arrow::RecordBatchReader::Make(batches, schema));
  zkarrow::UniqueStream relayed;
  ARROW_RETURN_NOT_OK(arrow::ExportRecordBatchReader(whole, relayed.get()));
  client.publish(again, relayed);
  std::cout << ARROW_VERSION_MAJOR << "\n";
  return arrow::Status::OK();
}

}  // namespace

int main(int, char** argv) {
  try {
    const auto status = Run(argv[1], argv[2], argv[3], argv[4], argv[5]);
    if (!status.ok()) std::cerr << status.ToString() << '\n';
    return status.ok() ? 0 : 1;
  } catch (const zkarrow::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
