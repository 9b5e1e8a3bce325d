// The C++ reader of the demo: reads `flights` by name, then waits for its next version.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <zkarrow/zkarrow.hpp>

namespace {

// Which mapped file an address lies in, as the kernel tells it.
std::string Where(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t start = 0, end = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &start, &end) != 2 || at < start || at >= end) continue;
    std::istringstream fields(line);
    std::string range, mode, offset, device, inode, path;
    fields >> range >> mode >> offset >> device >> inode >> path;
    return "       its column 'delay' is byte " + std::to_string(at - start) + " of " +
           path.substr(path.find_last_of('/') + 1) + ", inode " + inode + ", mapped " + mode;
  }
  return "       its column 'delay' is nowhere";
}

void Summarise(const zkarrow::Table& table) {
  std::size_t rows = 0;
  std::int64_t delay = 0, distance = 0;
  const void* address = nullptr;
  for (const auto& batch : table.batches()) {
    const auto delays = batch.column<std::int16_t>("delay");
    if (address == nullptr) address = delays.values().data();
    for (std::int16_t value : delays) delay += value;
    for (std::int16_t value : batch.column<std::int16_t>("distance")) distance += value;
    rows += batch.rows();
  }
  std::printf("C++    read version %" PRIu64 ": %zu rows, total delay %" PRId64 " min, total distance %" PRId64
              " miles\n%s\n",
              table.version().number, rows, delay, distance, Where(address).c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int, char** argv) {
  zkarrow::ConnectOptions options;
  options.data_dir = argv[2];
  auto client = zkarrow::Client::connect(argv[1], options);
  zkarrow::ReadOptions wait;
  wait.wait = true;
  zkarrow::Table table = client.read("flights", wait);
  Summarise(table);
  auto subscription = client.subscribe("flights", table.version().number);
  const auto next = subscription.next(std::chrono::seconds(60));
  if (!next) return 1;
  zkarrow::ReadOptions newer;
  newer.version = next->number;
  Summarise(client.read("flights", newer));
  return 0;
}
