// needs: arrow
// Says which Arrow C++ this is, as compiled and as loaded, and that its C data interface works.
#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <iostream>

namespace {

arrow::Status Run() {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues({1, 2, 3}));
  ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
  ArrowArray raw;
  ArrowSchema schema;
  ARROW_RETURN_NOT_OK(arrow::ExportArray(*array, &raw, &schema));
  ARROW_ASSIGN_OR_RAISE(auto back, arrow::ImportArray(&raw, &schema));
  if (!back->Equals(array)) return arrow::Status::Invalid("the array came back changed");
  std::cout << ARROW_VERSION_MAJOR << ' ' << arrow::GetBuildInfo().version_major << '\n';
  return arrow::Status::OK();
}

}  // namespace

int main() {
  auto status = Run();
  if (!status.ok()) std::cerr << status.ToString() << '\n';
  return status.ok() ? 0 : 1;
}
