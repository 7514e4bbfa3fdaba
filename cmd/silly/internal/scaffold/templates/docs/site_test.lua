local test = require "silly.test"
local http = require "silly.net.http"
local markdown = require "markdown"
local site = require "site"

test.each("Markdown becomes HTML", {
	heading = {"# One *two*", "<h1>One <em>two</em></h1>"},
	paragraphs = {"one\ntwo\n\n**three**", "<p>one\ntwo</p>\n<p><strong>three</strong></p>"},
	list = {"- one\n- `two`", "<ul>\n<li>one</li>\n<li><code>two</code></li>\n</ul>"},
	code = {"```lua\nif a < b then -- *x*\n```", "<pre><code>if a &lt; b then -- *x*</code></pre>"},
	link = {"[here](other.md#x)", '<p><a href="other#x">here</a></p>'},
	["no code behind a link"] = {"[here](javascript:alert(1))", "<p>here)</p>"},
	["no tags"] = {'<script>"&"', "<p>&lt;script&gt;&quot;&amp;&quot;</p>"},
}, function(t, case)
	t:equal(markdown.html(case[1]), case[2])
end)

test("pages are served, and nothing else", function(t)
	local server = site.listen "127.0.0.1:8080" -- on the network of the test, in memory
	t:cleanup(function() server:close() end)
	local url = "http://" .. server.addr
	local page = t:ok(http.get(url .. "/"))
	t:equal(page.status, 200)
	t:match(page.body, "<h1>")
	for _, path in ipairs {"/nothing", "/../site.lua", "/%2e%2e%2fsite.lua", "/index.md"} do
		t:equal(t:ok(http.get(url .. path)).status, 404, path)
	end
end)
