// Serves testdata/client.lua by the package ws. It prints its port and, at the end of each connection, what it
// has seen of it, as lines of JSON.
//
//   node server.js '{"cert": PEM, "key": PEM, "deflate": false or options}'
"use strict";

const http = require("http");
const https = require("https");
const { WebSocketServer } = require("ws");

const { cert, key, deflate } = JSON.parse(process.argv[2]);

let connections = 0;

const print = value => console.log(JSON.stringify(value));

const server = cert ? https.createServer({ cert, key }) : http.createServer();

server.on("upgrade", (request, connection, head) => {
  const { pathname, searchParams: query } = new URL(request.url, "http://x");
  if (pathname === "/refuse") {
    const body = "no " + request.headers["x-token"] + "\n";
    connection.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Type: text/plain\r\n" +
      "Content-Length: " + body.length + "\r\n\r\n" + body);
    return;
  }
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: Number(query.get("max") || 2000000),
    perMessageDeflate: deflate,
    handleProtocols: offered => offered.has("echo.v1") && "echo.v1",
  });
  let extensions = "";
  upgrader.on("headers", lines => {
    for (const line of lines) if (line.startsWith("Sec-WebSocket-Extensions: ")) extensions = line.slice(26);
  });
  upgrader.handleUpgrade(request, connection, head, socket => {
    serve(socket, query, { connection: ++connections, extensions, protocol: socket.protocol });
  });
});

function serve(socket, query, seen) {
  socket.on("error", error => seen.error = error.code || error.message);
  socket.on("close", (code, reason) => print({ ...seen, close: code, reason: reason.toString() }));
  socket.on("pong", data => socket.send("pong " + data));
  socket.on("message", (data, binary) => {
    if (query.has("close")) socket.close(Number(query.get("close")), query.get("reason"));
    else socket.send(data, { binary });
  });
  if (query.has("ping")) socket.ping(query.get("ping"));
  if (query.has("fragments")) {
    socket.send("Gr\u00fc\u00dfe, ", { fin: false });
    socket.ping("between");
    socket.send("\u4e16\u754c ", { fin: false });
    socket.send("\ud83d\ude00", { fin: true });
  }
}

server.listen(0, "127.0.0.1", () => print({ port: server.address().port }));
