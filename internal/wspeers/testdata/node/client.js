// Talks to echo_server.lua by the package ws and prints what it sees as lines of JSON.
//
//   node client.js '{"url": "wss://...", "query": "compression=1", "ca": PEM, "deflate": false or options}'
"use strict";

const { once } = require("events");
const WebSocket = require("ws");
const { message, sizes, same, compressible } = require("./messages");

const { url, query, ca, deflate } = JSON.parse(process.argv[2]);

const print = value => console.log(JSON.stringify(value));

function open(path, protocols = [], options = {}) {
  const socket = new WebSocket(url + path + (path.includes("?") ? "&" : "?") + query, protocols, {
    ca, perMessageDeflate: deflate, handshakeTimeout: 20000, ...options });
  socket.incoming = []; // what has arrived and nobody has taken: [kind, data]
  socket.wake = () => {};
  const arrived = (kind, data) => {
    socket.incoming.push([kind, data]);
    socket.wake();
  };
  socket.on("upgrade", response => socket.answer = response.headers["sec-websocket-extensions"] || "");
  socket.on("error", error => print({ error: error.code || error.message }));
  socket.on("message", (data, isBinary) => arrived(isBinary ? "binary" : "text", data));
  socket.on("ping", data => arrived("ping", data));
  socket.on("pong", data => arrived("pong", data));
  socket.closed = new Promise(resolve => socket.on("close", (code, reason) => {
    resolve({ close: code, reason: reason.toString() });
    socket.wake();
  }));
  return socket;
}

// next is the next thing that arrives.
async function next(socket) {
  while (socket.incoming.length === 0) {
    if (socket.readyState === WebSocket.CLOSED)
      throw new Error("closed early: " + JSON.stringify(await socket.closed));
    await new Promise(resolve => socket.wake = resolve);
  }
  return socket.incoming.shift();
}

const told = ([kind, data]) => ({ [kind]: data.toString("latin1") });

async function echo() {
  const socket = open("/", ["unknown", "echo.v1", "echo.v2"]);
  await once(socket, "open");
  print({ extensions: socket.answer, protocol: socket.protocol });
  for (const size of sizes) {
    for (const kind of ["text", "binary", "zeros"]) {
      for (let again = 0; again < (size < 1000000 ? 2 : 1); again++) { // the second may refer to the first
        const data = message(kind, size);
        socket.send(data, { binary: kind !== "text" });
        same(await next(socket), kind, data);
      }
    }
  }
  print({ echo: sizes });

  const three = ["Gr\u00fc\u00dfe, ", "\u4e16\u754c ", "\ud83d\ude00"].map(part => Buffer.from(part));
  socket.send(three[0], { fin: false, binary: false });
  socket.ping("between"); // answered by a pong and, when the message is complete, told in a message
  socket.send(three[1], { fin: false });
  socket.send(three[2], { fin: true });
  const answers = [await next(socket), await next(socket), await next(socket)];
  print(answers.map(([kind, data]) => kind + " " + data).sort());

  // How much goes over the wire for a message that compresses well?
  const before = [socket._socket.bytesRead, socket._socket.bytesWritten];
  socket.send(compressible);
  same(await next(socket), "text", Buffer.from(compressible));
  print({
    received: socket._socket.bytesRead - before[0] < compressible.length / 10 ? "compressed" : "plain",
    sent: socket._socket.bytesWritten - before[1] < compressible.length / 10 ? "compressed" : "plain",
  });

  for (const payload of ["", "ping \u0000\u00ff", "p".repeat(125)]) {
    socket.ping(Buffer.from(payload, "latin1"));
    const seen = [await next(socket), await next(socket)].map(([kind, data]) => kind + " " + data.toString("latin1"));
    if (!seen.includes("pong " + payload) || !seen.includes("binary ping " + payload))
      throw new Error("ping " + payload + " was answered with " + seen);
  }
  print({ pings: "answered" });
  socket.close(4001, "bye: Gr\u00fc\u00dfe");
  print(await socket.closed);
}

async function pinged() {
  const socket = open("/?ping=question");
  print(told(await next(socket)));
  print(told(await next(socket))); // the server tells that it got the pong
  socket.close();
  print(await socket.closed);
}

async function closedByServer() {
  const socket = open("/?close=4002&reason=enough:+Gr%C3%BC%C3%9Fe");
  await once(socket, "open");
  socket.send("x");
  print(await socket.closed);
}

async function refused() {
  const socket = open("/refuse");
  const [request, response] = await once(socket, "unexpected-response");
  let body = "";
  for await (const part of response) body += part;
  request.socket.destroy(); // the connection could serve another request
  print({ refused: response.statusCode, body });
}

// tooLarge sends a message of 1000 bytes and one of 1001 to a peer, itself included, that takes 1000.
async function tooLarge(path, options) {
  const socket = open(path, [], options);
  await once(socket, "open");
  socket.send("x".repeat(1000));
  print({ taken: (await next(socket))[1].length });
  socket.send("x".repeat(1001));
  print(await socket.closed);
}

async function main() {
  await echo();
  await pinged();
  await closedByServer();
  await refused();
  await tooLarge("/?max_message=1000", {});
  await tooLarge("/", { maxPayload: 1000 });
}

main().catch(error => {
  console.log(error.stack);
  process.exit(1);
});
