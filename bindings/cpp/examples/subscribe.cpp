// Prints the versions of a table as they come: subscribe URL DATA_DIR NAME [HOW_MANY]
#include <iostream>
#include <string>
#include <zkarrow/zkarrow.hpp>

int main(int argc, char** argv) try {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: subscribe URL DATA_DIR NAME [HOW_MANY]\n";
    return 2;
  }
  unsigned long left = argc == 5 ? std::stoul(argv[4]) : 0;
  zkarrow::ConnectOptions options;
  options.data_dir = argv[2];
  const auto client = zkarrow::Client::connect(argv[1], options);

  auto subscription = client.subscribe(argv[3]);
  for (const zkarrow::Version& version : subscription) {
    std::cout << argv[3] << " version " << version.number << ": " << version.rows << " rows" << std::endl;
    if (left != 0 && --left == 0) break;
  }
} catch (const zkarrow::Error& error) {
  std::cerr << zkarrow::to_string(error.status()) << ": " << error.what() << '\n';
  return 1;
}
