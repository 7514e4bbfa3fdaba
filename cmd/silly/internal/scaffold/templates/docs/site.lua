-- Serves the Markdown files of docs/ as pages: /name is docs/name.md, and / is docs/index.md.
local fs = require "silly.fs"
local http = require "silly.net.http"
local markdown = require "markdown"

local layout = [[
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
<style>
	body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
	pre { background: #f4f4f4; padding: .8rem; overflow: auto }
	code { font-size: .9em }
</style>
%s
%s</html>
]]

-- Pages reload with silly --watch --livereload, on this machine only.
local livereload = '<script src="http://127.0.0.1:35729/livereload.js" async></script>\n'

local function answer(stream, status, kind, body)
	stream:respond(status, {["content-type"] = kind .. "; charset=utf-8"})
	stream:closewrite(body)
end

local site = {}

-- listen begins to serve, and returns the server.
function site.listen(addr)
	local script = addr:match "^127%." and livereload or ""
	return assert(http.listen {
		addr = addr,
		handler = function(stream)
			-- No dots and slashes: nothing but the files of the folder can be asked for.
			local name = stream.path == "/" and "index" or stream.path:match "^/([%w_-]+)$"
			local text = name and fs.read("docs/" .. name .. ".md")
			if not text then
				return answer(stream, 404, "text/plain", "there is no such page\n")
			end
			local title = markdown.escape(text:match "^#%s*([^\n]+)" or name)
			answer(stream, 200, "text/html", layout:format(title, markdown.html(text), script))
		end,
	})
end

return site
