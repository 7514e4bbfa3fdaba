-- silly.patch.
local patch = require "silly.patch"

-- load makes a module of code, which is called by a name.
local function module(code) return assert(load(code, "=module"))() end

-- replace does what the page describes.
local function replace(old, new, ...)
	local p = patch.new()
	local absent
	if ... then
		absent = p:join(new, p:collectupval(new), old, p:collectupval(old))
	else
		absent = p:join(p:collectupval(new), p:collectupval(old))
	end
	for name, f in pairs(new) do old[name] = f end
	return table.concat(absent, " ")
end

local counting = [[
	local M, count = {}, 0
	function M.increment() count = count + 1 return count end
	function M.get() return count end
	return M]]
local stepping = [[
	local M, count, step = {}, 0, 2
	function M.increment() count = count + step return count end
	function M.get() return count end
	function M.setstep(n) step = n end
	function M.reset() count = 0 M.fresh = true end
	return M]]

-- State stays, in all functions that share it, also in those that are new; what is new has its own value.
for _, four in ipairs {false, true} do
	local m = module(counting)
	for _ = 1, 7 do m.increment() end
	eq(replace(m, module(stepping), four), "increment.step reset.M setstep.step")
	eq(list(m.get(), m.increment(), m.get()), "7 9 9")
	m.setstep(10)
	eq(m.increment(), 19)
	m.reset()
	eq(m.get(), 0)
	eq(replace(m, module(stepping), four), "")
	eq(list(m.increment(), m.fresh), "10 nil") -- M was not shared before
	m.reset()
	eq(m.increment(), 10)
end

-- Code that functions call is new, and keeps the state of the old one; what was a callback stays.
local m = module [[
	local calls, callback = 0, nil
	local function helper(x) calls = calls + 1 return "old " .. x end
	local M = {}
	function M.run(x) return helper(x), calls, callback and callback() end
	function M.on(f) callback = f end
	return M]]
m.on(function() return "called" end)
eq(list(m.run(1)), "old 1 1 called")
eq(replace(m, module [[
	local calls, callback, extra = 0, nil, "!"
	local function deeper(x) calls = calls + 10 return x .. extra end
	local function helper(x) calls = calls + 1 return "new " .. deeper(x) end
	local M = {}
	function M.run(x) return helper(x), calls, callback and callback() end
	function M.on(f) callback = f end
	return M]]), "run.helper.deeper run.helper.deeper.extra")
eq(list(m.run(2)), "new 2! 12 called")

-- A function that calls itself, and two that call each other.
local recursive = [[
	local depth = 0
	local odd
	local function even(n) depth = depth + 1 if n == 0 then return true, depth end return odd(n - 1) end
	function odd(n) depth = depth + 1 if n == 0 then return false, depth end return even(n - 1) end
	return {even = even, odd = odd}]]
m = module(recursive)
eq(list(m.even(3)), "false 4")
eq(replace(m, module(recursive)), "")
eq(list(m.even(2)), "true 7")
eq(list(m.odd(1)), "true 9")

-- The tree.
local p = patch.new()
local x, y = 5, {}
local function g() return y end
local function f() return x, g, print end
local tree = p:collectupval {f = f, [1] = g, other = 1, native = print}
eq(list(tree.f.val, tree[1].val, tree.native.val, tree.other), list(f, g, print, nil))
eq(next(tree.native.upvals), nil)
local up = tree.f.upvals
eq(list(up.x.val, up.x.utype, up.x.idx, up.x.upvals), "5 number 1 nil")
eq(list(up.g.val, up.g.utype, up.g.upvals.y.val), list(g, "function", y))
eq(up._ENV.val, _ENV)
eq(up.x.upid, debug.upvalueid(f, 1))
eq(up.g.upvals.y.upid, tree[1].upvals.y.upid)
eq(up.g.upvals.y.upid ~= up.x.upid, true)
eq(p:collectupval(f).val, f)
eq(p:collectupval(f).upvals.x.val, 5)

-- Single functions; a script may take out what is to stay apart.
local function new()
	local n, kept = 0, 0
	return function() n = n + 1 kept = kept + 1 return n, kept end
end
local before, after = new(), new()
before()
local up1, up2 = p:collectupval(after), p:collectupval(before)
up1.upvals.kept = nil
eq(#p:join(after, up1, before, up2), 0)
eq(list(after()), "2 1")
eq(list(before()), "3 2")

-- Globals are those of the program, whatever the new code was loaded with.
local env = setmetatable({}, {__index = _G})
after = load("return function() return _ENV end", "=f", "t", env)()
eq(after(), env)
p:join(p:collectupval(after), p:collectupval(load "return function() return _ENV end"()))
eq(after(), _G)

fails("bad argument #2 to 'patch:collectupval' %(function or table expected, got number%)", p.collectupval, p, 1)
fails("patch expected", p.collectupval, {}, print)
fails("bad argument #3 to 'patch:join' %(table expected, got no value%)", p.join, p, {})
fails("bad argument #3 to 'patch:join' %(table expected, got function%)", p.join, p, print, print, print, {})
fails("table expected", p.join, p, 1, 2)
eq(#p:join({}, {}), 0)
eq(#p:join({f = 1, g = {}, h = {val = print}}, {f = {}, h = 2}), 0)
