-- Tests that need the order of the file.
local test = require "silly.test"

local parts = {}
test.each("strings", {"a", "b"}, function(_, case) parts[#parts + 1] = case end)
test("each keeps the order", function(t) t:equal(parts, {"a", "b"}) end)

local log = {}
describe("groups", function()
	setup(function() log[#log + 1] = "setup" end)
	teardown(function() log[#log + 1] = "teardown" end)
	before_each(function() log[#log + 1] = "before" end)
	after_each(function() log[#log + 1] = "after" end)
	it("run", function() log[#log + 1] = "1" end)
	describe("within groups", function()
		before_each(function() log[#log + 1] = "inner before" end)
		after_each(function() log[#log + 1] = "inner after" end)
		it("run", function(t)
			log[#log + 1] = "2"
			t:equal(t.name, "groups/within groups/run")
		end)
	end)
	pending "and more"
end)

test("groups call what stands around a test", function(t)
	t:equal(
		table.concat(log, ","),
		"setup,before,1,after,before,inner before,2,inner after,after,teardown"
	)
end)
