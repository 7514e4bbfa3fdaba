-- Makes HTML of a small part of Markdown: headings, paragraphs, lists, code, links and stress. Whatever else a text has is shown
-- as it stands; nothing in it becomes a tag.
local markdown = {}

local entities = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;"}

-- escape makes text safe to stand in HTML.
function markdown.escape(text) return (text:gsub('[&<>"]', entities)) end

-- link is a link, unless its target is one that runs code.
local function link(label, target)
	local scheme = target:match "^(%a[%w+.-]*):"
	if scheme and scheme ~= "http" and scheme ~= "https" and scheme ~= "mailto" then
		return label
	end
	return ('<a href="%s">%s</a>'):format(target:gsub("%.md$", ""):gsub("%.md#", "#"), label)
end

-- inline is the text of a line. Code comes first: nothing in it means anything.
local function inline(text)
	local codes = {}
	text = markdown.escape(text):gsub("`([^`]+)`", function(code)
		codes[#codes + 1] = "<code>" .. code .. "</code>"
		return "\0" .. #codes .. "\0"
	end)
	text = text:gsub("%[([^%]]+)%]%(([^%s)]+)%)", link)
	text = text:gsub("%*%*(.-)%*%*", "<strong>%1</strong>"):gsub("%*(.-)%*", "<em>%1</em>")
	return (text:gsub("%z(%d+)%z", function(n) return codes[tonumber(n)] end))
end

-- html is the HTML of a text.
function markdown.html(text)
	local out, paragraph, items, code = {}, {}, {}, nil
	local function flush()
		if #paragraph > 0 then
			out[#out + 1] = "<p>" .. inline(table.concat(paragraph, "\n")) .. "</p>"
		end
		if #items > 0 then
			out[#out + 1] = "<ul>\n<li>" .. table.concat(items, "</li>\n<li>") .. "</li>\n</ul>"
		end
		paragraph, items = {}, {}
	end
	for line in (text .. "\n"):gsub("\r\n", "\n"):gmatch "(.-)\n" do
		local level, title = line:match "^(#+)%s+(.+)$"
		local item = line:match "^[-*]%s+(.+)$"
		if line:match "^```" then
			flush()
			if code then
				out[#out + 1] = "<pre><code>" .. markdown.escape(table.concat(code, "\n")) .. "</code></pre>"
			end
			code = not code and {} or nil
		elseif code then
			code[#code + 1] = line
		elseif level and #level <= 6 then
			flush()
			out[#out + 1] = ("<h%d>%s</h%d>"):format(#level, inline(title), #level)
		elseif item then
			if #paragraph > 0 then
				flush()
			end
			items[#items + 1] = inline(item)
		elseif line:match "^%s*$" then
			flush()
		else
			if #items > 0 then
				flush()
			end
			paragraph[#paragraph + 1] = line
		end
	end
	if code then
		out[#out + 1] = "<pre><code>" .. markdown.escape(table.concat(code, "\n")) .. "</code></pre>"
	end
	flush()
	return table.concat(out, "\n")
end

return markdown
