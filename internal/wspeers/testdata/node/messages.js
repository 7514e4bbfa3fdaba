// The messages that client.js sends.
"use strict";

const sizes = [0, 1, 125, 126, 65535, 65536, 1000000];

// message is size bytes: "text" is UTF-8, "binary" compresses badly, "zeros" well.
function message(kind, size) {
  const data = Buffer.alloc(size);
  if (kind === "text") {
    const unit = Buffer.from("Gr\u00fc\u00dfe, \u4e16\u754c \ud83d\ude00\n");
    let end = 0;
    for (; end + unit.length <= size; end += unit.length) unit.copy(data, end);
    data.fill("x", end);
  } else if (kind === "binary") {
    for (let i = 0, state = 1; i < size; i++) {
      state = (state * 16807) % 2147483647;
      data[i] = state % 256;
    }
  }
  return data;
}

// same checks that what arrived is what was sent.
function same([gotKind, got], kind, data) {
  const want = kind === "text" ? "text" : "binary";
  if (gotKind !== want || !got.equals(data))
    throw new Error(`${data.length} bytes of ${want} came back as ${got.length} bytes of ${gotKind}`);
}

module.exports = { message, sizes, same, compressible: "compressible ".repeat(50000) };
