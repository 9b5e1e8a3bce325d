// Builds a table in shared memory, with no copy: loan URL DATA_DIR NAME
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <vector>
#include <zkarrow/zkarrow.hpp>

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: loan URL DATA_DIR NAME\n";
    return 2;
  }
  zkarrow::ConnectOptions options;
  options.data_dir = argv[2];
  const auto client = zkarrow::Client::connect(argv[1], options);

  zkarrow::BatchBuilder columns;
  columns.add("id", std::vector<std::int64_t>()).add("px", std::vector<double>());
  zkarrow::Loan loan = client.loan(*columns.schema().get(), 1'000'000);
  const auto ids = loan.column<std::int64_t>("id");
  const auto prices = loan.column<double>("px");
  for (std::size_t row = 0; row < loan.rows(); ++row) {
    ids[row] = static_cast<std::int64_t>(row);
    prices[row] = 100.0 + static_cast<double>(row % 100) * 0.25;
  }
  loan.validity("px").set(1, false);  // a null
  const zkarrow::Version version = loan.publish(argv[3]);

  std::cout << argv[3] << " version " << version.number << ": " << version.rows << " rows\n";
} catch (const zkarrow::Error& error) {
  std::cerr << zkarrow::to_string(error.status()) << ": " << error.what() << '\n';
  return 1;
}
