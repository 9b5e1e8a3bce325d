// needs: arrow
// Builds a batch with Arrow C++'s builders inside a loan and publishes it: no buffer of the finished arrays may lie
// anywhere else. Says in JSON what it saw.
#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <zkarrow/memory_pool.hpp>
#include <zkarrow/zkarrow.hpp>

namespace {

constexpr int kRows = 100'000;
constexpr std::int64_t kBytes = 64 << 20;

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

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Build(const std::shared_ptr<arrow::Schema>& schema,
                                                         arrow::MemoryPool* pool) {
  arrow::DoubleBuilder px(pool);
  arrow::StringBuilder sym(pool);
  arrow::BooleanBuilder up(pool);
  auto values = std::make_shared<arrow::Int32Builder>(pool);
  arrow::ListBuilder list(pool, values);
  for (int i = 0; i < kRows; ++i) {  // without Reserve(): they grow, all at once, in one arena
    ARROW_RETURN_NOT_OK(i == 0 ? px.AppendNull() : px.Append(i * 0.5));
    ARROW_RETURN_NOT_OK(sym.Append("sym" + std::to_string(i)));
    ARROW_RETURN_NOT_OK(up.Append(i % 2 == 0));
    ARROW_RETURN_NOT_OK(list.Append());
    ARROW_RETURN_NOT_OK(values->Append(i));
    ARROW_RETURN_NOT_OK(values->Append(i + 1));
  }
  std::shared_ptr<arrow::Array> columns[4];
  ARROW_RETURN_NOT_OK(px.Finish(&columns[0]));
  ARROW_RETURN_NOT_OK(sym.Finish(&columns[1]));
  ARROW_RETURN_NOT_OK(up.Finish(&columns[2]));
  ARROW_RETURN_NOT_OK(list.Finish(&columns[3]));
  return arrow::RecordBatch::Make(schema, kRows, {columns[0], columns[1], columns[2], columns[3]});
}

void CountBuffers(const arrow::ArrayData& data, const std::string& inode, int* inside, int* outside) {
  for (const auto& buffer : data.buffers) {
    if (buffer == nullptr || buffer->size() == 0) continue;
    ++*(InodeOf(buffer->data()) == inode ? inside : outside);
  }
  for (const auto& child : data.child_data) CountBuffers(*child, inode, inside, outside);
}

arrow::Status Run(const char* url, const char* data_dir, const std::string& name) {
  zkarrow::ConnectOptions where;
  where.data_dir = data_dir;
  const auto client = zkarrow::Client::connect(url, where);
  const auto schema =
      arrow::schema({arrow::field("px", arrow::float64()), arrow::field("sym", arrow::utf8()),
                     arrow::field("up", arrow::boolean()), arrow::field("list", arrow::list(arrow::int32()))});
  zkarrow::UniqueSchema raw;
  ARROW_RETURN_NOT_OK(arrow::ExportSchema(*schema, raw.out()));
  zkarrow::LoanOptions options;
  options.var_bytes = 0;
  options.alloc_bytes = kBytes;
  zkarrow::Loan loan = client.loan(*raw.get(), 0, options);
  zkarrow::LoanMemoryPool<arrow::MemoryPool> pool(loan, kBytes);

  arrow::Int64Builder greedy(&pool);
  const arrow::Status exhausted = greedy.Reserve(kBytes);
  std::cout << "\"exhausted\": \"" << (exhausted.IsOutOfMemory() ? "OutOfMemory" : exhausted.ToString()) << "\", ";
  {
    ARROW_ASSIGN_OR_RAISE(const auto batch, Build(schema, &pool));
    const std::string inode = InodeOf(batch->column_data(0)->buffers[1]->data());
    int inside = 0, outside = 0;
    for (const auto& column : batch->column_data()) CountBuffers(*column, inode, &inside, &outside);
    zkarrow::UniqueArray array;
    ARROW_RETURN_NOT_OK(arrow::ExportRecordBatch(*batch, array.out()));
    loan.publish(name, *array.get());
    std::cout << "\"buffers\": " << inside << ", \"outside\": " << outside << ", \"inode\": \"" << inode << "\", ";
  }
  std::cout << "\"left\": " << pool.bytes_allocated();
  return arrow::Status::OK();
}

}  // namespace

int main(int, char** argv) try {
  std::cout << "{";
  const arrow::Status status = Run(argv[1], argv[2], argv[3]);
  std::cout << "}\n";
  if (!status.ok()) std::cerr << status.ToString() << '\n';
  return status.ok() ? 0 : 1;
} catch (const zkarrow::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
