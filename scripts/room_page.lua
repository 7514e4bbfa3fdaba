-- The page of room_server.lua, which requires this file. It shows what users wrote by textContent only.
local html = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rooms</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 40rem; height: 100dvh; box-sizing: border-box; display: flex;
  flex-direction: column; gap: .75rem; }
h1 { font-size: 1.25rem; margin: 0; }
#log { flex: 1; overflow-y: auto; border: 1px solid #8888; border-radius: .5rem; padding: .5rem .75rem; }
#log p { margin: 0; overflow-wrap: anywhere; }
#log p.event { font-style: italic; opacity: .75; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
input { flex: 1; min-width: 6rem; }
input, button { font: inherit; padding: .4rem .6rem; }
</style>
</head>
<body>
<h1>Rooms</h1>
<form id="join">
  <label for="room">Room</label>
  <input id="room" value="lobby" pattern="[A-Za-z0-9_\-]{1,32}" required>
  <label for="name">Name</label>
  <input id="name" maxlength="32" required autocomplete="nickname" autofocus>
  <button>Join</button>
</form>
<p id="status" role="status">Choose a room and a name.</p>
<div id="log" role="log" aria-label="Messages" tabindex="0"></div>
<form id="say">
  <label for="text">Message</label>
  <input id="text" maxlength="500" required autocomplete="off" disabled>
  <button id="send" disabled>Send</button>
</form>
<script>
"use strict";
const $ = id => document.getElementById(id);
const firstDelay = 500, longestDelay = 30000; // milliseconds before a new attempt
let socket = null, delay = firstDelay, timer = 0, last = 0;

// show puts a message where its number belongs, once.
function show(message) {
  const log = $("log"), id = message.id || 0;
  let before = null;
  if (id) {
    for (let p = log.lastElementChild; p; p = p.previousElementSibling) {
      const other = Number(p.dataset.id);
      if (other === id) return;
      if (other && other < id) break;
      if (other > id) before = p;
    }
    last = Math.max(last, id);
  }
  const p = document.createElement("p"), header = message.header || {};
  p.dataset.id = id;
  p.className = header.kind || "";
  p.textContent = header.from + (header.kind ? " " : ": ") + message.data;
  log.insertBefore(p, before);
  log.scrollTop = log.scrollHeight;
}

function ready(yes, status) {
  $("text").disabled = $("send").disabled = !yes;
  $("status").textContent = status;
}

function connect(room, name) {
  clearTimeout(timer);
  ready(false, "Connecting ...");
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const current = new WebSocket(scheme + location.host + "/room/" + room + "?name=" + encodeURIComponent(name) + "&since=" + last);
  socket = current;
  current.onopen = () => {
    delay = firstDelay;
    ready(true, "In " + room + " as " + name + ".");
    $("text").focus();
  };
  current.onmessage = event => show(JSON.parse(event.data));
  current.onclose = event => {
    if (socket !== current) return; // replaced by another room
    ready(false, "Connection lost (" + event.code + "). Next attempt in " + delay / 1000 + " s.");
    timer = setTimeout(() => connect(room, name), delay);
    delay = Math.min(2 * delay, longestDelay);
  };
}

$("join").onsubmit = event => {
  event.preventDefault();
  const old = socket;
  delay = firstDelay;
  last = 0;
  $("log").replaceChildren();
  connect($("room").value, $("name").value.trim());
  if (old) old.close();
};
$("say").onsubmit = event => {
  event.preventDefault();
  if (!socket || socket.readyState !== WebSocket.OPEN) return;
  socket.send($("text").value);
  $("text").value = "";
};
</script>
</body>
</html>
]]

return {
	html = html,
	header = {
		["content-type"] = "text/html; charset=utf-8",
		["content-length"] = #html,
		["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
	},
}
