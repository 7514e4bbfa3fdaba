-- §3.3.4 goto and labels.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- Forward, backward, out of blocks, continue.
do
	local log = {}
	goto forward
	log[1] = "skipped"
	::forward::
	equal(#log, 0)
	local i = 1
	::back::
	log[#log + 1] = i
	i = i + 1
	if i <= 3 then goto back end
	equal(table.concat(log), "123")
	do do do goto out end end log = nil end
	::out::
	equal(#log, 3)
	local odd = {}
	for n = 1, 9 do
		if n % 2 == 0 then goto continue end
		odd[#odd + 1] = n
		::continue::
	end
	equal(table.concat(odd), "13579")
	local k, seen = 0, {}
	while k < 6 do
		k = k + 1
		if k == 2 or k == 4 then goto continue end
		seen[#seen + 1] = k
		::continue::
	end
	equal(table.concat(seen), "1356")
	k, seen = 0, {}
	repeat
		k = k + 1
		if k == 3 then goto continue end
		seen[#seen + 1] = k
		::continue::
	until k >= 5
	equal(table.concat(seen), "1245")
	for a = 1, 3 do
		for b = 1, 3 do
			if b == 2 then goto next_a end
			if a == 3 then goto done end
			seen[#seen + 1] = a * 10 + b
		end
		::next_a::
	end
	::done::
	equal(table.concat(seen, " "), "1 2 4 5 11 21")
end

-- The same label may stand in nested functions and in blocks one after the other.
run("do goto l ::l:: end do goto l ::l:: end return 1", {1})
run("local function f() goto l; ::l:: return 2 end goto l; ::l:: return f()", {2})
run("::l1:: ::l2:: ; ::l3:: return 1", {1})

-- A label at the end of a block is outside the scope of its locals: void statements may follow.
run("do goto l; local a; ::l:: end return 1", {1})
run("do goto l; local a; ::l:: ; ; end return 1", {1})
run("do goto l; local a; ::l:: ::m:: end return 1", {1})
run("do goto l; local a; ::l:: ; ::m:: ; end return 1", {1})
run("goto l; local a; ::l::", {})
run("for i = 1, 2 do goto l; local a; ::l:: end return 1", {1})

-- Every round has fresh locals, also when goto makes the loop.
do
	local closures = {}
	do
		local i = 1
		::again::
		local v = i * 10
		closures[i] = function() v = v + 1 return v end
		i = i + 1
		if i <= 3 then goto again end
	end
	list({11, 21, 31, 12}, closures[1](), closures[2](), closures[3](), closures[1]())
	local functions = {}
	do
		local n = 0
		::top::
		do
			local x
			equal(x, nil)
			x = n
			functions[#functions + 1] = function() x = x + 1 return x end
			n = n + 1
			if n < 3 then goto top end
		end
	end
	list({1, 2, 3, 2}, functions[1](), functions[2](), functions[3](), functions[1]())
	local kept
	for i = 1, 3 do
		local v = i
		if i == 2 then kept = function() v = v + 100 return v end goto continue end
		::continue::
	end
	list({102, 202}, kept(), kept())
end

-- A state machine.
do
	local function accepts(s)
		local i = 0
		::even::
		i = i + 1
		if i > #s then goto yes end
		if s:byte(i) == 49 then goto odd end
		goto even
		::odd::
		i = i + 1
		if i > #s then goto no end
		if s:byte(i) == 49 then goto even end
		goto odd
		::yes:: do return true end
		::no:: do return false end
	end
	equal(accepts "", true)
	equal(accepts "1", false)
	equal(accepts "0110", true)
	equal(accepts "01101", false)
end

-- goto is visible in the whole block of its label, nested functions excepted.
syntax("goto l", "chunk:1: no visible label 'l' for <goto> at line 1")
syntax("\ngoto l\n\n", "chunk:4: no visible label 'l' for <goto> at line 2")
syntax("do ::l:: end goto l", "chunk:1: no visible label 'l' for <goto> at line 1")
syntax("goto l; do ::l:: end", "chunk:1: no visible label 'l' for <goto> at line 1")
syntax("::l:: local function f() goto l end", "chunk:1: no visible label 'l' for <goto> at line 1")
syntax("local function f() goto l end ::l::", "chunk:1: no visible label 'l' for <goto> at line 1")
syntax("if x then goto l else ::l:: end", "chunk:1: no visible label 'l' for <goto> at line 1")
syntax("repeat goto l until true; while x do ::l:: end", "chunk:1: no visible label 'l' for <goto> at line 1")

-- It cannot jump into the scope of a local.
syntax("goto l; local a; ::l:: x = 1", "chunk:1: <goto l> at line 1 jumps into the scope of local 'a'")
syntax("\ngoto l\nlocal a\n::l::\nx = 1", "chunk:5: <goto l> at line 2 jumps into the scope of local 'a'")
syntax("do goto l end; local a, b; ::l:: f()", "chunk:1: <goto l> at line 1 jumps into the scope of local 'a'")
syntax("goto l; local function f() end ::l:: f()", "chunk:1: <goto l> at line 1 jumps into the scope of local 'f'")
syntax("goto l; local a <const> = 5; ::l:: f()", "chunk:1: <goto l> at line 1 jumps into the scope of local 'a'")
syntax("goto l; local a <close> = nil; ::l:: f()", "chunk:1: <goto l> at line 1 jumps into the scope of local 'a'")
syntax("repeat if x then goto cont end local y = 1 ::cont:: until y == x", "chunk:1: <goto cont> at line 1 jumps into the scope of local 'y'")
syntax("goto l; local a; ::l:: return 1", "chunk:1: <goto l> at line 1 jumps into the scope of local 'a'")
syntax("do goto l; local a; ::l:: do end end", "chunk:1: <goto l> at line 1 jumps into the scope of local 'a'")

-- A label of that name must not be visible already.
syntax("::l:: ::l::", "chunk:1: label 'l' already defined on line 1")
syntax("::l:: x = 1\n\n::l::", "chunk:3: label 'l' already defined on line 1")
syntax("::l:: do ::l:: end", "chunk:1: label 'l' already defined on line 1")
syntax("::l:: while true do ::l:: end", "chunk:1: label 'l' already defined on line 1")
run("do ::l:: end ::l:: return 1", {1})
run("::l:: local function f() ::l:: return 1 end return f()", {1})

syntax("goto", "chunk:1: <name> expected near <eof>")
syntax("goto 1", "chunk:1: <name> expected near '1'")
syntax("goto end", "chunk:1: <name> expected near 'end'")
syntax("::l", "chunk:1: '::' expected near <eof>")
syntax("::l:", "chunk:1: '::' expected near ':'")
syntax(":: 1 ::", "chunk:1: <name> expected near '1'")
run("local goto_ = 1 return goto_", {1})
run(":: spaced :: do goto other end :: other :: return 1", {1})

-- break and a label called break_ go together; goto out of a generic for.
run("for k in pairs {1, 2} do goto out end ::out:: return 1", {1})
run("for i = 1, 3 do for j = 1, 3 do if i * j == 4 then x = i + j goto out end end end ::out:: do local r = x x = nil return r end", {4})

check.done()
