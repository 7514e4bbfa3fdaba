-- What the scripts beside this folder check with. A failure is raised at the line of the check.

-- gopher-lua's error counts its own frame.
local caller = 3

local function show(v)
	if type(v) == "string" then
		return string.format("%q", v)
	end
	return tostring(v)
end

local function same(a, b)
	return a == b or a ~= a and b ~= b
end

-- equal checks that got is want; NaN is NaN.
function equal(got, want)
	if not same(got, want) then
		error("got " .. show(got) .. ", want " .. show(want), caller)
	end
end

-- returns checks that the values behind want are those of the list want, whose n tells their number
-- where nils are among them.
function returns(want, ...)
	local got, texts, wanted = table.pack(...), {}, {}
	local ok = got.n == (want.n or #want)
	for i = 1, math.max(got.n, want.n or #want) do
		ok = ok and same(got[i], want[i])
		texts[i] = i <= got.n and show(got[i]) or ""
		wanted[i] = i <= (want.n or #want) and show(want[i]) or ""
	end
	if not ok then
		error("got (" .. table.concat(texts, ", ") .. "), want (" .. table.concat(wanted, ", ") .. ")", caller)
	end
end

-- raises checks that f(...) raises an error with this text behind its position.
function raises(message, f, ...)
	local ok, err = pcall(f, ...)
	if ok then
		error("no error, want " .. show(message), caller)
	end
	local position, text = string.match(err, "^([^:]*:%d+): (.*)$")
	if not position then
		error("error without position: " .. show(err), caller)
	end
	if text ~= message then
		error("raises " .. show(text) .. ", want " .. show(message), caller)
	end
end

-- list shows a sequence as one string.
function list(t)
	local texts = {}
	for i = 1, #t do
		texts[i] = tostring(t[i])
	end
	return table.concat(texts, " ")
end
