-- An API for notes, in JSON:
--
--   GET    /notes        all notes
--   POST   /notes        makes one of {"text": "..."}
--   GET    /notes/ID     one
--   DELETE /notes/ID     removes it
--   GET    /health       for who watches the server
--
-- The notes are in memory, and those of one server only.
local http = require "silly.net.http"
local json = require "silly.encoding.json"
local logger = require "silly.logger"

local MAX_TEXT = 10000 -- bytes

-- answer sends a value as JSON; without one, only the status.
local function answer(stream, status, value)
	local body = value and json.encode(value, {sort = true}) .. "\n"
	stream:respond(status, body and {["content-type"] = "application/json"} or {})
	stream:closewrite(body)
end

local function refuse(stream, status, reason) answer(stream, status, {error = reason}) end

-- read_text is the text of the note in the body of a request, or nil and why there is none.
local function read_text(stream)
	local body, err = stream:readall()
	if not body then
		return nil, err
	end
	local note, reason = json.decode(body)
	if type(note) ~= "table" then
		return nil, "the body is not a JSON object" .. (note == nil and ": " .. tostring(reason) or "")
	end
	if type(note.text) ~= "string" or note.text == "" or #note.text > MAX_TEXT then
		return nil, "text must be a string of 1 to " .. MAX_TEXT .. " bytes"
	end
	return note.text
end

local notes = {}

-- listen begins to serve, and returns the server.
function notes.listen(addr)
	local all, last = {}, 0 -- the notes by their ids

	local routes = {}

	routes["GET /health"] = function(stream) answer(stream, 200, {ok = true}) end

	routes["GET /notes"] = function(stream)
		local list = {}
		for _, note in pairs(all) do
			list[#list + 1] = note
		end
		table.sort(list, function(a, b) return a.id < b.id end)
		answer(stream, 200, list)
	end

	routes["POST /notes"] = function(stream)
		local text, err = read_text(stream)
		if not text then
			return refuse(stream, 400, err)
		end
		last = last + 1
		all[last] = {id = last, text = text}
		answer(stream, 201, all[last])
	end

	routes["GET /notes/ID"] = function(stream, id)
		if not all[id] then
			return refuse(stream, 404, "there is no note " .. id)
		end
		answer(stream, 200, all[id])
	end

	routes["DELETE /notes/ID"] = function(stream, id)
		if not all[id] then
			return refuse(stream, 404, "there is no note " .. id)
		end
		all[id] = nil
		answer(stream, 204)
	end

	return assert(http.listen {
		addr = addr,
		max_body = 64 * 1024,
		handler = function(stream)
			local id = stream.path:match "^/notes/(%d+)$"
			local path = id and "/notes/ID" or stream.path
			local route = routes[stream.method .. " " .. path]
			logger.info(stream.method, stream.path)
			if route then
				route(stream, math.tointeger(id))
			elseif routes["GET " .. path] then
				refuse(stream, 405, "the method is not allowed here")
			else
				refuse(stream, 404, "there is nothing here")
			end
		end,
	})
end

return notes
