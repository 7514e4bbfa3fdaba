-- The page of chat_server.lua, which requires this file. It loads nothing from elsewhere, and shows what
-- users wrote by textContent only, so that it is never read as HTML. Pictures are shown from memory, by blob
-- URLs.
local html = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 40rem; height: 100vh; height: 100dvh; box-sizing: border-box;
  display: flex; flex-direction: column; gap: .75rem; }
h1 { font-size: 1.25rem; margin: 0; }
#status { margin: 0; }
#log { flex: 1; overflow-y: auto; border: 1px solid #8888; border-radius: .5rem; padding: .5rem .75rem; }
#log p { margin: 0; overflow-wrap: anywhere; }
#log p.event { font-style: italic; opacity: .75; }
#log img { display: block; max-width: 100%; max-height: 20rem; }
form { display: flex; gap: .5rem; align-items: center; }
input { flex: 1; min-width: 0; }
input, button { font: inherit; padding: .4rem .6rem; }
</style>
</head>
<body>
<h1>Chat</h1>
<form id="join">
  <label for="name">Name</label>
  <input id="name" maxlength="32" required autocomplete="nickname" autofocus>
  <button>Join</button>
</form>
<p id="status" role="status">Choose a name to join.</p>
<div id="log" role="log" aria-label="Messages" tabindex="0"></div>
<form id="say">
  <label for="text">Message</label>
  <input id="text" maxlength="500" required autocomplete="off" disabled>
  <button id="send" disabled>Send</button>
  <button id="picture" type="button" disabled title="Send a picture; you can also paste one">Picture</button>
  <input id="file" type="file" accept="image/png,image/jpeg,image/gif,image/webp" hidden>
</form>
<script>
"use strict";
const $ = id => document.getElementById(id);
const firstDelay = 500, longestDelay = 30000; // milliseconds before a new attempt
const maxPicture = 256 * 1024; // bytes, as in chat_server.lua
const maxLog = 300; // lines and pictures that are kept
let socket = null, delay = firstDelay, timer = 0;

// add puts a line or picture at the end of the log, and drops the oldest.
function add(element) {
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(element);
  while (log.childElementCount > maxLog) {
    const oldest = log.firstElementChild;
    if (oldest.src) URL.revokeObjectURL(oldest.src); // frees the memory of a picture
    oldest.remove();
  }
  const scroll = () => { if (atEnd) log.scrollTop = log.scrollHeight; };
  element.onload = scroll; // only now has a picture its height
  scroll();
}

function show(line) {
  const p = document.createElement("p");
  p.textContent = line;
  if (line.startsWith("* ")) p.className = "event";
  add(p);
}

function showPicture(blob) {
  const img = document.createElement("img");
  img.alt = "picture";
  img.src = URL.createObjectURL(blob);
  add(img);
}

function sendPicture(file) {
  if (!file || !socket || socket.readyState !== WebSocket.OPEN) return;
  if (file.size > maxPicture) show("* that picture is too large: " + maxPicture + " bytes at most");
  else socket.send(file); // one binary message
}

function ready(yes, status) {
  $("text").disabled = $("send").disabled = $("picture").disabled = !yes;
  $("status").textContent = status;
}

function connect(name) {
  clearTimeout(timer);
  ready(false, "Connecting ...");
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const current = new WebSocket(scheme + location.host + "/chat?name=" + encodeURIComponent(name));
  socket = current;
  current.onopen = () => {
    delay = firstDelay;
    ready(true, "Connected as " + name + ".");
    $("text").focus();
  };
  current.onmessage = event => {
    if (typeof event.data === "string") show(event.data);
    else showPicture(event.data);
  };
  current.onclose = event => {
    if (socket !== current) return; // replaced by another name
    const why = event.reason ? event.code + " " + event.reason : event.code;
    ready(false, "Connection lost (" + why + "). Next attempt in " + delay / 1000 + " s.");
    timer = setTimeout(() => connect(name), delay);
    delay = Math.min(2 * delay, longestDelay);
  };
}

$("join").onsubmit = event => {
  event.preventDefault();
  const name = $("name").value.trim();
  if (!name) return;
  const old = socket;
  delay = firstDelay;
  connect(name);
  if (old) old.close();
};

$("say").onsubmit = event => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || !socket || socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  $("text").value = "";
};

$("picture").onclick = () => $("file").click();

$("file").onchange = event => {
  sendPicture(event.target.files[0]);
  event.target.value = ""; // the same picture can be chosen again
};

document.onpaste = event => {
  const picture = [...event.clipboardData.files].find(file => file.type.startsWith("image/"));
  if (!picture) return; // text goes where the cursor is
  event.preventDefault();
  sendPicture(picture);
};
</script>
</body>
</html>
]]

return {
	html = html,
	header = {
		["content-type"] = "text/html; charset=utf-8",
		["cache-control"] = "no-cache",
		["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
			.. "img-src data: blob:; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'",
	},
}
