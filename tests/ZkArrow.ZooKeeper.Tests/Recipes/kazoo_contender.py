"""Takes and releases a lock with kazoo until its standard input ends, and writes down when it held it.

usage: kazoo_contender.py CONNECT_STRING PATH OUTPUT [ROOTS USER PASSWORD]

Each line of OUTPUT is one hold: the nanoseconds of CLOCK_MONOTONIC after the acquisition and before the release.
With ROOTS, a PEM file, it connects over TLS, and proves with SASL DIGEST-MD5 that it is USER.
"""

import sys
import threading
import time

try:
    from kazoo.client import KazooClient
    from kazoo.recipe.lock import Lock
except ImportError as error:
    sys.exit(f"kazoo was not found ({error}); install it (Debian: python3-kazoo)")


def security_options(roots=None, user=None, password=None):
    if roots is None:
        return {}
    sasl = {"mechanism": "DIGEST-MD5", "username": user, "password": password}
    return {"use_ssl": True, "ca": roots, "sasl_options": sasl}


def main():
    connect_string, path, output, *security = sys.argv[1:]
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    client = KazooClient(hosts=connect_string, **security_options(*security))
    client.start(timeout=30)
    try:
        with open(output, "w", encoding="utf-8") as file:
            print("ready", flush=True)
            while not ended.is_set():
                lock = Lock(client, path, extra_lock_patterns=["-lock-"])
                if not lock.acquire(timeout=60):
                    sys.exit("kazoo did not get the lock within 60 s")
                entered = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                time.sleep(0.001)
                left = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                file.write(f"{entered} {left}\n")
                lock.release()
    finally:
        client.stop()
        client.close()


main()
