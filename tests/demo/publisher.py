"""The publisher of the demo: reads flights from a CSV file, publishes them, and once more when told to."""

import array
import csv
import gzip
import os
import sys

import zkarrow

url, data_dir, path = sys.argv[1:4]
with gzip.open(path, "rt", newline="") as file:
    rows = list(csv.DictReader(file))
flights = {
    "delay": array.array("h", (int(row["delay"]) for row in rows)),
    "distance": array.array("h", (int(row["distance"]) for row in rows)),
    "time": array.array("f", (float(row["time"]) for row in rows)),
}

with zkarrow.connect(url, data_dir=data_dir) as client:
    for _ in sys.stdin:  # one version a line
        version = client.publish("flights", zkarrow.table(flights))
        print(
            f"Python published version {version.number} of 'flights': {version.rows} rows, "
            f"{version.nbytes} bytes, commit …{version.commit_id[-8:]} (pid {os.getpid()})",
            flush=True,
        )
        flights["delay"][0] += 1
    client.drop("flights")
    print("Python dropped 'flights'", flush=True)
