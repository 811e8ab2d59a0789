// Says of addresses whether ipaddr.js has them as plain unicast ones, in no special range.
//
// Reads records of 17 bytes: 4 or 6, then 16 bytes, of which an IPv4 address is the last 4. Writes
// a `1` or a `0` for each.

import { readFileSync, writeSync } from "node:fs";
import ipaddr from "ipaddr.js";

const records = readFileSync(0);
const answers = Buffer.alloc(records.length / 17);
for (let index = 0; index < answers.length; index += 1) {
  const record = records.subarray(index * 17, index * 17 + 17);
  const bytes = [...record.subarray(record[0] === 4 ? 13 : 1)];
  answers[index] = ipaddr.fromByteArray(bytes).range() === "unicast" ? 49 : 48;
}
for (let written = 0; written < answers.length; ) {
  written += writeSync(1, answers, written);
}
