-- The main script of a host that runs a scenario of silly bench: a function that a file returns, again and again on each connection.
local native = require "silly.bench.native"
package.loaded["silly.bench.native"] = nil
package.path = native.path .. package.path
local task, time = require "silly.task", require "silly.time"

local chunk, problem = loadfile(native.file)
if not chunk then error(problem, 0) end
local scenario = chunk()
if type(scenario) ~= "function" then
	error(native.file .. " must return a function, not a " .. type(scenario), 0)
end

for number = 1, native.connections do
	task.fork(function()
		local connection
		while true do
			connection = connection or {number = number, url = native.url}
			local began = native.now()
			local ok, err = pcall(scenario, connection)
			if ok then
				native.done(began)
			else
				native.failed(err)
				connection = nil -- it may be in any state
				time.sleep(100)
			end
		end
	end)
end
native.begin() -- who runs this program ends it
