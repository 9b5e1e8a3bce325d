// needs: arrow
// Reads a dataset through the C++ binding alone (Arrow is only linked where it is used), adds up its int64 column "x"
// where it has one, and publishes the very stream under another name. Says the sum.
#include <cstdint>
#include <cstring>
#include <iostream>
#include <zkarrow/zkarrow.hpp>

int main(int, char** argv) {
  try {
    zkarrow::ConnectOptions options;
    options.data_dir = argv[2];
    auto client = zkarrow::Client::connect(argv[1], options);
    auto table = client.read(argv[3]);
    std::int64_t sum = 0;
    for (const auto& batch : table.batches()) {
      if (std::strcmp(argv[5], "sum") != 0) break;
      for (const std::int64_t x : batch.column<std::int64_t>("x")) sum += x;
    }
    auto stream = table.stream();
    zkarrow::PublishOptions publishing;
    publishing.timeout = std::chrono::minutes(5);
    client.publish(argv[4], stream, publishing);
    std::cout << sum << '\n';
    return 0;
  } catch (const zkarrow::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
