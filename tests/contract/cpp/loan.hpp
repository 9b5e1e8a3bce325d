// Loans, written in place: op "loan" of tests/contract/README.md.
#ifndef CONTRACT_LOAN_HPP
#define CONTRACT_LOAN_HPP

#include <cstdint>
#include <string>
#include <vector>
#include <zkarrow/zkarrow.hpp>

#include "make.hpp"

namespace contract {

inline void write_mixed(zkarrow::Loan& loan, const Make& make) {
  const auto prices = loan.column<double>("px");
  const auto price_validity = loan.validity("px");
  const auto ups = loan.bits("up");
  zkarrow::LoanStrings symbols = loan.strings("sym");
  for (std::int64_t i = 0; i < make.rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const std::int64_t id = make.seed + i;
    loan.column<std::int64_t>("id")[row] = id;
    prices[row] = static_cast<double>(id) * 0.5;
    price_validity.set(row, i % 7 != 3);
    ups.set(row, id % 3 == 0);
    if (i % 5 == 4)
      symbols.append_null();
    else
      symbols.append("s" + std::to_string(id % 10));
  }
}

/// A loan with room for `room` rows, with a table made to order in its first rows.
inline zkarrow::Loan loan_of(const zkarrow::Client& client, const Make& make, std::int64_t room,
                             std::int64_t var_bytes) {
  zkarrow::LoanOptions options;
  options.var_bytes = var_bytes;
  zkarrow::BatchBuilder columns;
  zkarrow::UniqueSchema schema;
  if (make.kind == "mixed") {
    columns.add("id", std::vector<std::int64_t>())
        .add("px", std::vector<double>())
        .add("sym", std::vector<std::string>())
        .add("up", std::vector<bool>());
  } else {
    columns.add("x", std::vector<std::int64_t>());
  }
  schema = columns.schema();
  if (make.kind == "views") {
    schema->children[0]->format = "vu";
    schema->children[0]->name = "v";
  }
  zkarrow::Loan loan = client.loan(*schema.get(), room, options);
  loan.set_rows(static_cast<std::size_t>(make.rows));
  if (make.kind == "mixed") {
    write_mixed(loan, make);
  } else {
    const auto values = loan.column<std::int64_t>("x");
    for (std::int64_t i = 0; i < make.rows; ++i) values[static_cast<std::size_t>(i)] = make.seed + i;
  }
  return loan;
}

}  // namespace contract

#endif  // CONTRACT_LOAN_HPP
