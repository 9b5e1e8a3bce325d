/// \file
/// ZkArrow for C++17: RAII over zkarrow.h, in headers only. Objects move and never copy, destructors
/// swallow, failures are exceptions under zkarrow::Error, and data is Arrow C structs, so that it
/// works beside any Arrow library and needs none.
#ifndef ZKARROW_ZKARROW_HPP
#define ZKARROW_ZKARROW_HPP

#include <zkarrow/about.hpp>
#include <zkarrow/builder.hpp>
#include <zkarrow/client.hpp>
#include <zkarrow/exchange.hpp>
#include <zkarrow/log.hpp>

#endif  // ZKARROW_ZKARROW_HPP
