"""Says of addresses whether Python's standard library has them on the public internet.

Reads records of 17 bytes: 4 or 6, then 16 bytes, of which an IPv4 address is the last 4. Writes a
`1` or a `0` for each.
"""

import ipaddress
import sys

records = sys.stdin.buffer.read()
answers = bytearray()
for start in range(0, len(records), 17):
    number = int.from_bytes(records[start + 1 : start + 17], "big")
    family = ipaddress.IPv4Address if records[start] == 4 else ipaddress.IPv6Address
    address = family(number)
    answers += b"1" if address.is_global and not address.is_multicast else b"0"
sys.stdout.buffer.write(answers)
