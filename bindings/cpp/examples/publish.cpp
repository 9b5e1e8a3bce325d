// Publishes a table: publish URL DATA_DIR NAME
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>
#include <zkarrow/zkarrow.hpp>

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: publish URL DATA_DIR NAME\n";
    return 2;
  }
  zkarrow::ConnectOptions options;
  options.data_dir = argv[2];
  const auto client = zkarrow::Client::connect(argv[1], options);

  zkarrow::BatchBuilder prices;
  prices.add("id", std::vector<std::int64_t>{1, 2, 3})
      .add("px", std::vector<std::optional<double>>{101.5, std::nullopt, 99.25})
      .add("sym", std::vector<std::string>{"AAA", "BBB", "CCC"});
  const zkarrow::Version version = client.publish(argv[3], std::move(prices).stream());

  std::cout << argv[3] << " version " << version.number << ": " << version.rows << " rows\n";
} catch (const zkarrow::Error& error) {
  std::cerr << zkarrow::to_string(error.status()) << ": " << error.what() << '\n';
  return 1;
}
