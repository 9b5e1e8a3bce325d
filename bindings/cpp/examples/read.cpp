// Reads the newest version of a table: read URL DATA_DIR NAME
#include <cstdint>
#include <iostream>
#include <zkarrow/zkarrow.hpp>

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: read URL DATA_DIR NAME\n";
    return 2;
  }
  zkarrow::ConnectOptions options;
  options.data_dir = argv[2];
  const auto client = zkarrow::Client::connect(argv[1], options);
  const zkarrow::Table table = client.read(argv[3]);

  const zkarrow::Version version = table.version();
  std::cout << argv[3] << " version " << version.number << ": " << version.rows << " rows\n";
  for (const auto& batch : table.batches()) {
    const auto ids = batch.column<std::int64_t>("id");
    const auto prices = batch.column<double>("px");
    const auto symbols = batch.strings("sym");
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      std::cout << ids[row] << ' ' << symbols[row] << ' ';
      if (prices.is_null(row))
        std::cout << "-\n";
      else
        std::cout << prices[row] << '\n';
    }
  }
} catch (const zkarrow::Error& error) {
  std::cerr << zkarrow::to_string(error.status()) << ": " << error.what() << '\n';
  return 1;
}
