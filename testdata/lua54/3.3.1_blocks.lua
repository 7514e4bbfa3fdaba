-- §3.3.1 Blocks, §3.3.2 chunks.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- A block is a list of statements; semicolons are empty statements.
run("", {})
run(";", {})
run(";;;", {})
run(";;local a = 1;;;return a;", {1})
run("do end", {})
run("do do do end end; end return 1", {1})
run("do ; end", {})
run("local a = 1 do local a = 2 a = 3 end return a", {1})
run("local a do a = 1 end return a", {1})

-- A line break ends no statement: a call in parentheses continues the one before.
run("local a = {} local function f() return function(x) return x end end\nlocal b = f()\n('arg')\nreturn b", {"arg"})
run("local a = print;\n(function() end)()\nreturn 1", {1})

-- return is the last statement of a block, with one optional semicolon.
run("return", {})
run("return;", {})
run("return 1;", {1})
run("do return 1 end", {1})
run("do return 1; end", {1})
run("if true then return 1 else return 2 end", {1})
run("local function f() do return end return 1 end return f()", {})
syntax("return 1 local a", "chunk:1: <eof> expected near 'local'")
syntax("return return", "chunk:1: unexpected symbol near 'return'")
syntax("return 1;;", "chunk:1: <eof> expected near ';'")
syntax("do return 1 x = 1 end", "chunk:1: 'end' expected near 'x'")
syntax("if x then return 1 y = 2 end", "chunk:1: 'end' expected near 'y'")
syntax("repeat return 1 y = 2 until true", "chunk:1: 'until' expected near 'y'")

-- break may stand in the middle of a block.
run("for i = 1, 5 do if i == 3 then break; local x end end return 1", {1})
run("while true do break x = 1 end return x", {nil, n = 1})

-- Unbalanced blocks: the message tells the line of the opening.
syntax("do", "chunk:1: 'end' expected near <eof>")
syntax("do\n\n", "chunk:3: 'end' expected (to close 'do' at line 1) near <eof>")
syntax("if x then\n", "chunk:2: 'end' expected (to close 'if' at line 1) near <eof>")
syntax("\nwhile x do\n\n", "chunk:4: 'end' expected (to close 'while' at line 2) near <eof>")
syntax("for i = 1, 2 do\n", "chunk:2: 'end' expected (to close 'for' at line 1) near <eof>")
syntax("repeat\n", "chunk:2: 'until' expected (to close 'repeat' at line 1) near <eof>")
syntax("function f()\n", "chunk:2: 'end' expected (to close 'function' at line 1) near <eof>")
syntax("local f = function()\n", "chunk:2: 'end' expected (to close 'function' at line 1) near <eof>")
syntax("f(\n", "chunk:2: unexpected symbol near <eof>")
syntax("f(1\n", "chunk:2: ')' expected (to close '(' at line 1) near <eof>")
syntax("x = {\n1\n", "chunk:3: '}' expected (to close '{' at line 1) near <eof>")
syntax("x = (1\n", "chunk:2: ')' expected (to close '(' at line 1) near <eof>")
syntax("x = a[1\n", "chunk:2: ']' expected near <eof>")
syntax("end", "chunk:1: <eof> expected near 'end'")
syntax("do end end", "chunk:1: <eof> expected near 'end'")
syntax("until x", "chunk:1: <eof> expected near 'until'")
syntax("else", "chunk:1: <eof> expected near 'else'")
syntax(")", "chunk:1: unexpected symbol near ')'")

-- A chunk is the body of an anonymous function with variable arguments: it has locals, takes arguments, gives results.
run("return ...", {1, nil, 3, n = 3}, 1, nil, 3)
run("return select('#', ...)", {0})
run("local a, b = ... return b, a", {2, 1}, 1, 2)
run("local n = 0 local function f() n = n + 1 return n end f() return f()", {2})
do
	local f = load("local n = ... return function() n = n + 1 return n end")
	local a, b = f(10), f(20)
	list({11, 12, 21, 13}, a(), a(), b(), a())
end
-- A first line that begins with # is skipped only in files.
syntax("#!/usr/bin/lua\nreturn 1", "chunk:1: unexpected symbol near '#'")

-- Many nested blocks, many statements.
run(("do "):rep(150) .. "x = 1 " .. ("end "):rep(150) .. "return x", {1})
_G.x = nil
run("local n = 0 " .. ("n = n + 1 "):rep(5000) .. "return n", {5000})
run("local n = 0 " .. ("do local a, b, c = 1, 2, 3 n = n + a + b + c end "):rep(1000) .. "return n", {6000})

check.done()
