package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "algorithm", weight: 2, when: (*generator).impure, emit: (*generator).algorithm},
		production{name: "debug", weight: 1, when: (*generator).impure, emit: (*generator).debug},
	)
}

// algorithm is a small program as people write them, with numbers of its own.
func (g *generator) algorithm() {
	n := 2 + g.n(20)
	var list []string
	for range 3 + g.n(12) {
		list = append(list, fmt.Sprint(g.n(100)))
	}
	items := strings.Join(list, ", ")
	programs := []string{
		"local function qsort(t, lo, hi) if lo < hi then local p, i = t[hi], lo - 1 for j = lo, hi do if t[j] <= p then i = i + 1 t[i], t[j] = t[j], t[i] end end qsort(t, lo, i - 1) qsort(t, i + 1, hi) end return t end show(qsort({ITEMS}, 1, #{ITEMS}))",
		"local function heap(t) local function down(i, n) while true do local c = 2 * i if c > n then break end if c < n and t[c + 1] > t[c] then c = c + 1 end if t[i] >= t[c] then break end t[i], t[c] = t[c], t[i] i = c end end for i = #t // 2, 1, -1 do down(i, #t) end for n = #t, 2, -1 do t[1], t[n] = t[n], t[1] down(1, n - 1) end return t end show(heap {ITEMS})",
		"local sieve, primes = {}, {} for i = 2, N * 5 do if not sieve[i] then primes[#primes + 1] = i for j = i * i, N * 5, i do sieve[j] = true end end end show(primes, #primes)",
		"local function gcd(a, b) while b ~= 0 do a, b = b, a % b end return a end show(gcd(N * 12, 18), gcd(N, 7), gcd(2^20 // 1 | 0, N * 4))",
		"local a, b = 0, 1 for i = 1, N * 5 do a, b = b, a + b end show(a, b)",
		"local x = N for i = 1, 20 do x = x ~ (x << 13) x = x ~ (x >> 7) x = x ~ (x << 17) end show(x, x & 0xff, x >> 60, string.format('%016x', x))",
		"local h = 14695981039346656037 for c in ('text N'):gmatch '.' do h = (h ~ c:byte()) * 1099511628211 end show(h, h < 0, h // 2, h % 1000)",
		"local crc = 0xffffffff for c in ('ITEMS'):gmatch '.' do crc = crc ~ c:byte() for _ = 1, 8 do crc = (crc >> 1) ~ (0xedb88320 & -(crc & 1)) end end show(~crc & 0xffffffff)",
		"local memo = setmetatable({}, {__index = function(t, n) local v = n < 2 and n or t[n - 1] + t[n - 2] t[n] = v return v end}) show(memo[N * 3], #memo)",
		"local words = {} for w in ('the cat and the dog and the N'):gmatch('%w+') do words[w] = (words[w] or 0) + 1 end local keys = {} for k in pairs(words) do keys[#keys + 1] = k end table.sort(keys, function(a, b) if words[a] ~= words[b] then return words[a] > words[b] end return a < b end) for i, k in ipairs(keys) do keys[i] = k .. '=' .. words[k] end show(table.concat(keys, ' '))",
		"local count, cols, d1, d2 = 0, {}, {}, {} local function place(r, n) if r > n then count = count + 1 return end for c = 1, n do if not (cols[c] or d1[r + c] or d2[r - c]) then cols[c], d1[r + c], d2[r - c] = true, true, true place(r + 1, n) cols[c], d1[r + c], d2[r - c] = nil, nil, nil end end end place(1, 5) show(count)",
		"local function split(s, sep) local r = {} for part in (s .. sep):gmatch('(.-)' .. sep:gsub('%p', '%%%0')) do r[#r + 1] = part end return r end show(split('ITEMS', ', '), split('a.b..c', '.'))",
		"local function lev(a, b) local prev = {} for j = 0, #b do prev[j] = j end for i = 1, #a do local cur = {[0] = i} for j = 1, #b do cur[j] = math.min(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a:byte(i) == b:byte(j) and 0 or 1)) end prev = cur end return prev[#b] end show(lev('kitten', 'sitting'), lev('', 'abc'), lev('N', 'ITEMS'))",
		"local function big(n) local d = {1} for i = 2, n do local carry = 0 for j = 1, #d do local v = d[j] * i + carry d[j], carry = v % 10, v // 10 end while carry > 0 do d[#d + 1] = carry % 10 carry = carry // 10 end end return table.concat(d):reverse() end show(big(N))",
		"local b = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/' local function enc(s) return (s:gsub('..?.?', function(c) local x, y, z = c:byte(1, 3) local n = x << 16 | (y or 0) << 8 | (z or 0) local r = '' for i = 18, 0, -6 do local k = (n >> i & 63) + 1 r = r .. b:sub(k, k) end return r:sub(1, #c + 1) .. ('='):rep(3 - #c) end)) end show(enc('ITEMS'), enc('a'), enc(''))",
		"local function json(v) if type(v) == 'table' then local r = {} if #v > 0 then for i, x in ipairs(v) do r[i] = json(x) end return '[' .. table.concat(r, ',') .. ']' end for k, x in pairs(v) do r[#r + 1] = ('%q:%s'):format(k, json(x)) end table.sort(r) return '{' .. table.concat(r, ',') .. '}' end return type(v) == 'string' and ('%q'):format(v) or tostring(v) end show(json {1, 2.5, 'x\\ny', {a = N, b = {ITEMS}}, true})",
		"local Stack = {} Stack.__index = Stack Stack.__len = function(s) return s.n end Stack.__concat = function(a, b) return 'stack' end function Stack.new(...) local s = setmetatable({n = 0}, Stack) for i = 1, select('#', ...) do s:push((select(i, ...))) end return s end function Stack:push(v) self.n = self.n + 1 self[self.n] = v return self end function Stack:pop() local v = self[self.n] self[self.n] = nil self.n = self.n - 1 return v end local s = Stack.new(ITEMS) show(#s, s:pop(), s:push(N):push('x'):pop(), #s, s .. '')",
		"local function map(f, t) local r = {} for i, v in ipairs(t) do r[i] = f(v, i) end return r end local function fold(f, a, t) for _, v in ipairs(t) do a = f(a, v) end return a end local compose = function(...) local fs = {...} return function(...) local r = table.pack(...) for i = #fs, 1, -1 do r = table.pack(fs[i](table.unpack(r, 1, r.n))) end return table.unpack(r, 1, r.n) end end show(map(function(x, i) return x * i end, {ITEMS}), fold(math.max, -math.huge, {ITEMS}), compose(tostring, function(a, b) return a + b end)(N, 1.5))",
		"local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end return nil end) end local s = 0 for i, q in gen(N) do s = s + q - i if s > 200 then break end end show(s)",
		"local m, r = {{1, 2}, {3, N}}, {} for i = 1, 2 do r[i] = {} for j = 1, 2 do local s = 0 for k = 1, 2 do s = s + m[i][k] * m[k][j] end r[i][j] = s end end show(r)",
		"local function mandel(x, y) local a, b = 0.0, 0.0 for i = 1, 30 do a, b = a * a - b * b + x, 2 * a * b + y if a * a + b * b > 4 then return i end end return 0 end local rows = {} for y = -2, 2 do local row = {} for x = -4, 2 do row[#row + 1] = mandel(x / 2, y / 2) end rows[#rows + 1] = table.concat(row, ' ') end show(rows)",
		"local prog, tape, p, out, i = '++++[>+++++<-]>+.+++.', {}, 1, {}, 1 while i <= #prog do local c = prog:sub(i, i) if c == '>' then p = p + 1 elseif c == '<' then p = p - 1 elseif c == '+' then tape[p] = ((tape[p] or 0) + 1) % 256 elseif c == '-' then tape[p] = ((tape[p] or 0) - 1) % 256 elseif c == '.' then out[#out + 1] = tape[p] elseif c == ']' and (tape[p] or 0) ~= 0 then local d = 1 while d > 0 do i = i - 1 local k = prog:sub(i, i) if k == ']' then d = d + 1 elseif k == '[' then d = d - 1 end end end i = i + 1 end show(out)",
		"local t = setmetatable({}, {__index = function(t, k) local v = setmetatable({}, getmetatable(t)) rawset(t, k, v) return v end}) t.a.b.c = N t.a.d = {ITEMS} show(t)",
		"local queue, seen, order = {1}, {[1] = true}, {} local edges = {{2, 3}, {4}, {4, 5}, {1}, {N}} while #queue > 0 do local x = table.remove(queue, 1) order[#order + 1] = x for _, y in ipairs(edges[x] or {}) do if not seen[y] then seen[y] = true queue[#queue + 1] = y end end end show(order)",
		"local parse do local s, i local function expr() local function atom() local c = s:sub(i, i) if c == '(' then i = i + 1 local v = expr() i = i + 1 return v end local a, b = s:find('^%d+', i) if not a then error('bad input at ' .. i, 0) end i = b + 1 return math.tointeger(s:sub(a, b)) end local function term() local v = atom() while s:find('^[*/]', i) do local op = s:sub(i, i) i = i + 1 local w = atom() if op == '*' then v = v * w else v = v // w end end return v end local v = term() while s:find('^[-+]', i) do local op = s:sub(i, i) i = i + 1 local w = term() v = op == '+' and v + w or v - w end return v end function parse(x) s, i = x, 1 return expr() end end show(parse('2+3*(4-1)/N'), {pcall(parse, '1+')}, pcall(parse, '7/(3-3)'))",
		"local events = {} local function on(n, f) events[n] = events[n] or {} table.insert(events[n], f) return function() for i, g in ipairs(events[n]) do if g == f then table.remove(events[n], i) return true end end return false end end local log = {} local off = on('x', function(...) log[#log + 1] = select('#', ...) end) on('x', function(a) log[#log + 1] = a end) for round = 1, 3 do for _, f in ipairs(events.x) do f(round, N) end if round == 2 then log[#log + 1] = off() end end show(log, off())",
	}
	text := programs[g.n(len(programs))]
	text = strings.ReplaceAll(text, "ITEMS", items)
	text = strings.ReplaceAll(text, "'N'", fmt.Sprintf("'%d'", n))
	text = strings.ReplaceAll(text, "N *", fmt.Sprint(n)+" *")
	for _, around := range []string{"(N)", " N)", "N,", ", N}", "{N}", " N'", "/N'", " N for", "= N,", " N ", "[N]", "(N,"} {
		text = strings.ReplaceAll(text, around, strings.Replace(around, "N", fmt.Sprint(n), 1))
	}
	g.line("do %s end", text)
}

// debug looks at the stack. It does so in a coroutine, whose stack holds nothing of what runs the program.
func (g *generator) debug() {
	list := []string{
		"local function f() return (debug.traceback('msg')) end return (f())",
		"local function f() error('x') end return select(2, xpcall(f, debug.traceback))",
		"local t = {} function t.field() return (debug.traceback('f', 1)) end function t:method() return (t.field()) end return (t:method())",
		"function T1() return (debug.traceback()) end local r = T1() return r",
		"local function f() return debug.traceback('tail') end return (f())",
		"local mt = {__add = function() return (debug.traceback('mm')) end, __index = function(_, k) return (debug.traceback(k)) end} local o = setmetatable({}, mt) return o + 1, o.key",
		"for s in function(_, c) if not c then return (debug.traceback('iter')) end end do return s end",
		"local co = coroutine.create(function() local x = 1 coroutine.yield() end) coroutine.resume(co) return debug.traceback(co), debug.traceback(co, 'm'), debug.traceback(co, nil, 1)",
		"local co = coroutine.create(function() local function g() error('in g') end g() end) coroutine.resume(co) return debug.traceback(co)",
		"return debug.traceback({}) == nil, debug.traceback(12), type(debug.traceback(print))",
		"local i = debug.getinfo(1, 'Sl') return i.short_src, i.what, i.currentline, i.linedefined, i.lastlinedefined",
		"local function f(a, b, ...) return debug.getinfo(1, 'nu') end local i = f() return i.name, i.namewhat, i.nups, i.nparams, i.isvararg",
		"local i = debug.getinfo(print) return i.what, i.short_src, i.currentline, i.nparams, i.isvararg",
		"local function deep(n) if n == 0 then return (debug.traceback('deep')) end return (deep(n - 1)) end return (deep(30))",
		"local a, b = 1, 2 return debug.getlocal(1, 1), debug.getlocal(1, 2), debug.getlocal(1, 3)",
		"return pcall(debug.getinfo, 1, 'X'), debug.getinfo(100), pcall(debug.getinfo, {})",
		"local function outer() local function inner() return (debug.traceback('up')) end return (inner()) end local ok, r = pcall(outer) return r",
		"local r = {} ; ('x'):gsub('.', function() r[1] = debug.traceback('gsub') end) return r[1]",
		"local x <close> = setmetatable({}, {__close = function() show((debug.traceback('closing'))) end}) return 1",
	}
	g.line("show(%s, coroutine.wrap(function(...) %s end)())", g.tag(), list[g.n(len(list))])
}
