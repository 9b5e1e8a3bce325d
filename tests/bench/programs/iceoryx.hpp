// What programs with iceoryx 2 share: its daemon, with memory for a few chunks of each size, and how a process joins.
#pragma once

#include "hand_over.hpp"
#include "iceoryx_hoofs/log/logmanager.hpp"
#include "iceoryx_hoofs/posix_wrapper/posix_access_rights.hpp"
#include "iceoryx_posh/iceoryx_posh_types.hpp"
#include "iceoryx_posh/popo/untyped_publisher.hpp"
#include "iceoryx_posh/popo/untyped_subscriber.hpp"
#include "iceoryx_posh/roudi/iceoryx_roudi_app.hpp"
#include "iceoryx_posh/runtime/posh_runtime.hpp"

namespace iceoryx {

constexpr uint32_t kAlignment = 64, kChunks = 3;

inline void run_daemon(uint64_t largest) {
  iox::mepoo::MePooConfig pools;
  for (uint64_t bytes :
       {uint64_t{1} << 10, uint64_t{64} << 10, uint64_t{1} << 20, uint64_t{64} << 20, uint64_t{1} << 30}) {
    if (bytes <= largest) pools.addMemPool({static_cast<uint32_t>(bytes + kAlignment), kChunks});
  }
  const auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
  iox::RouDiConfig_t config;
  config.m_sharedMemorySegments.push_back({group, group, pools});
  iox::config::CmdLineArgs_t arguments;
  arguments.logLevel = iox::log::LogLevel::kError;
  arguments.monitoringMode = iox::roudi::MonitoringMode::OFF;
  iox::roudi::IceOryxRouDiApp daemon(arguments, config);
  if (!freopen("/dev/null", "w", stdout)) hand_over::fail("/dev/null", strerror(errno));  // answers go there
  exit(daemon.run());
}

inline void join(const char* name) {
  iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kError,
                                                           iox::log::LogLevelOutput::kHideLogLevel);
  iox::runtime::PoshRuntime::initRuntime({iox::cxx::TruncateToCapacity, name, strlen(name)});
}

}  // namespace iceoryx
