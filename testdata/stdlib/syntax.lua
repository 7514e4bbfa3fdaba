-- refused checks that a chunk is refused with this message.
local function refused(want, chunk)
	local f, message = load(chunk, "=x")
	if f or message ~= want then
		error(string.format("load gives %q, want %q", tostring(message), want), 3)
	end
end

-- the parser's errors
refused("x:1: syntax error near '='", "x = = 1")
refused("x:2: syntax error near 'end'", "x = 1\nend")
refused("x:1: syntax error near 'y'", "x y")
refused("x:3: syntax error near '3'", "x = {\n1,\n2 3}")
refused("x:1: syntax error near 'hello'", "'hello'")
refused("x:1: syntax error near <eof>", "x")
refused("x:1: syntax error near <eof>", "if x then")
refused("x:3: syntax error near <eof>", "if x then\n\n")
refused("x:2: syntax error near <eof>", "f(\r\n")
refused("x:1: syntax error near <eof>", "return (")
refused("x:1: syntax error near 'return'", "return return")
refused("x:1: syntax error near 'a...'", "x = 1 'a\\nb'")
refused("x:1: syntax error near '" .. ("y"):rep(60) .. "'", "x = 1 '" .. ("y"):rep(60) .. "'")
refused("x:1: syntax error near '" .. ("y"):rep(60) .. "...'", "x = 1 '" .. ("y"):rep(100) .. "'")

-- the compiler's errors
refused("x:2: no visible label 'nowhere' for goto at line 2", "\ngoto nowhere")
refused("x:1: goto 'over' at line 1 jumps into the scope of local 'a'", "goto over\nlocal a\n::over::\nf()")
refused("x:3: label 'here' already defined on line 1", "::here::\n\n::here::")
refused("x:2: no loop to break", "\nbreak")
refused("x:2: function or expression needs too many registers", "\nfunction f() return a" .. ("..a"):rep(300) .. " end")
refused("x:1: cannot use '...' outside a vararg function", "function f() return ... end")

-- the scanner's errors
refused("x:1: unfinished string near '\"abc'", "x = \"abc\ny = 1")
refused("x:1: unfinished string near <eof>", "x = 'abc")
refused("x:3: unfinished long string (starting at line 2) near <eof>", "\nx = [[abc\n")
refused("x:2: unfinished long comment (starting at line 1) near <eof>", "--[==[ ]] ]=]\n")
refused("x:1: invalid long string delimiter near '[=='", "x = [==x")
refused("x:1: invalid escape sequence near ''a\\q'", "x = 'a\\q'")
refused("x:1: hexadecimal digit expected near ''\\xg'", "x = '\\xg0'")
refused("x:1: hexadecimal digit expected near ''\\x1g'", "x = '\\x1g'")
refused("x:1: decimal escape too large near ''\\256'", "x = '\\256'")
refused("x:1: missing '{' in \\u{xxxx} near ''\\u1'", "x = '\\u123'")
refused("x:1: missing '}' in \\u{xxxx} near ''\\u{12 '", "x = '\\u{12 }'")
refused("x:1: hexadecimal digit expected near ''\\u{}'", "x = '\\u{}'")
refused("x:1: UTF-8 value too large near ''\\u{80000000'", "x = '\\u{80000000}'")
refused("x:1: malformed number near '3x'", "x = 3x")
refused("x:1: malformed number near '0x'", "x = 0x")
refused("x:1: malformed number near '0b11'", "x = 0b11")
refused("x:1: malformed number near '1e'", "x = 1e")
refused("x:1: malformed number near '1e+'", "x = 1e+")
refused("x:1: malformed number near '3..2'", "x = 3..2")
refused("x:1: malformed number near '1_000'", "x = 1_000")
refused("x:1: malformed number near '1.2.3'", "x = 1.2.3")
refused("x:1: unexpected symbol near '!'", "x = !y")
refused("x:1: unexpected symbol near '@'", "@")
refused("x:1: unexpected symbol near '“'", "x = “y”")
refused("x:1: unexpected symbol near '<\\0>'", "x = \0")
refused("x:1: unexpected symbol near '<\\255>'", "x = \255")
refused("x:1: operator not supported near '//'", "x = 7 // 2")
refused("x:1: operator not supported near '&'", "x = 7 & 2")
refused("x:1: operator not supported near '<<'", "x = 7 << 2")
refused("x:1: operator not supported near '~'", "x = ~2")
refused("x:1: syntax error near '1e999'", "x = y 1e999")

-- deep nesting
local function nested(before, inside, after)
	return before:rep(1000000) .. inside .. after:rep(1000000)
end
refused("x:1: chunk has too many syntax levels near '('", "x = " .. nested("(", "1", ")"))
refused("x:1: chunk has too many syntax levels near '{'", "x = " .. nested("{", "1", "}"))
refused("x:1: chunk has too many syntax levels near '['", "x = a" .. nested("[a", "", "]"))
refused("x:1: chunk has too many syntax levels near 'do'", nested("do ", "", " end"))
refused("x:1: chunk has too many syntax levels near 'if'", nested("if x then ", "", " end"))
refused("x:1: chunk has too many syntax levels near 'repeat'", nested("repeat ", "", " until x"))
refused("x:1: chunk has too many syntax levels near 'do'", nested("while x do ", "", " end"))
refused("x:1: chunk has too many syntax levels near '('", nested("function f() ", "", " end"))
refused("x:1: chunk has too many syntax levels near '('", "x = " .. nested("function() return ", "1", " end"))
for _, chain in ipairs({"+a", " and a", "..a", "^a", "==a", ".a", "[1]", "()", "''", "{}", ":m()", "+function() end", "*(a)"}) do
	local f, message = load("x = a" .. chain:rep(1000000), "=x")
	equal(f, nil)
	equal(message:match("^x:1: expression or statement too complex near '.*'$") ~= nil, true)
end
for _, operator in ipairs({"- ", "not ", "#"}) do
	local f, message = load("x = " .. operator:rep(1000000) .. "a", "=x")
	equal(f, nil)
	equal(message:match("^x:1: expression or statement too complex near '.*'$") ~= nil, true)
end
refused("x:1: expression or statement too complex near 'elseif'", "if x then " .. ("elseif x then "):rep(1000000) .. "end")
do
	-- Operands first, each level with a chain of its own.
	local chunk = "a"
	for _ = 1, 150 do
		chunk = "(" .. chunk .. ("+a"):rep(100) .. ")"
	end
	local f, message = load("x = " .. chunk, "=x")
	equal(f, nil)
	equal(message, "x:1: expression or statement too complex near '+'")
end

-- what is long, but not deep, and what is as deep as allowed
assert(load(("f() "):rep(10000)))
assert(load(("a.b = c.d + e "):rep(10000)))
assert(load(("local x = a" .. ("+a"):rep(50) .. " "):rep(100)))
assert(load(("function f() return a + b end "):rep(5000)))
assert(load("x = {" .. ("a.b + c, "):rep(10000) .. "}"))
assert(load("x = {" .. ("a = function() return b.c end, "):rep(2000) .. "}"))
assert(load("x = {" .. ("{1, {2}}; "):rep(10000) .. "}"))
assert(load(("if a then b() elseif c then d() end "):rep(2000)))
assert(load(("do local a = {b = 1} end "):rep(5000)))
assert(load(("repeat x = y until z "):rep(5000)))
assert(load("x = a" .. (".b"):rep(1900)))
assert(load("x = a" .. ("+a"):rep(1900)))
assert(load("f" .. ("()"):rep(1900)))
assert(load(("do "):rep(199) .. ("end "):rep(199)))
assert(load("x = " .. ("("):rep(199) .. "1" .. (")"):rep(199)))
-- Neighbours do not add up.
assert(load("if a" .. ("+a"):rep(1500) .. " then f" .. ("()"):rep(1500) .. " end"))
assert(load("f" .. ("()"):rep(1500) .. " if a" .. ("+a"):rep(1500) .. " then end"))
assert(load("if a then f" .. ("()"):rep(1500) .. " elseif a" .. ("+a"):rep(1500) .. " then end"))
assert(load("if a then b() " .. ("elseif c then d() "):rep(1000) .. "end"))
