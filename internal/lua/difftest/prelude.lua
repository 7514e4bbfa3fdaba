local show, render, tick, try, ev, keep, replay, closer, num, str, clip
do
  local type, tostring, next, select, pcall, print, getmetatable, setmetatable =
    type, tostring, next, select, pcall, print, getmetatable, setmetatable
  local mathtype, format, byte, gsub, sub, find, pack, unpack, concat, sort, rawget =
    math.type, string.format, string.byte, string.gsub, string.sub, string.find,
    table.pack, table.unpack, table.concat, table.sort, rawget
  local budget, kept, depth = 300, {}, 0

  function tick()
    budget = budget - 1
    if budget < 0 then error("budget", 0) end
  end

  local order = {number = 1, string = 2, boolean = 3}
  local function before(x, y)
    local tx, ty = type(x), type(y)
    if tx ~= ty then return (order[tx] or 9) < (order[ty] or 9) end
    if tx == "boolean" then return x and not y end
    return x < y
  end

  local function escape(c) return format("\\%03d", byte(c)) end

  function render(v, level, seen)
    local t = type(v)
    if t == "number" then
      if mathtype(v) == "integer" then return format("%d", v) end
      if v ~= v then return "nan" end
      local s = format("%.17g", v)
      if find(s, "^-?%d+$") then s = s .. ".0" end
      return s
    elseif t == "string" then
      return '"' .. gsub(v, '[%c"\\\127-\255]', escape) .. '"'
    elseif t ~= "table" then
      if t == "nil" or t == "boolean" then return tostring(v) end
      return t
    end
    level, seen = level or 0, seen or {}
    if seen[v] then return "<cycle>" end
    if level > 3 then return "{...}" end
    seen[v] = true
    local keys, others = {}, {}
    for k, x in next, v do
      if order[type(k)] then
        keys[#keys + 1] = k
      else
        others[#others + 1] = "[" .. type(k) .. "]=" .. render(x, level + 1, seen)
      end
    end
    sort(keys, before)
    sort(others)
    local parts = {}
    for i = 1, #keys do
      local k = keys[i]
      local x = render(rawget(v, k), level + 1, seen)
      if k == i and mathtype(k) == "integer" then
        parts[i] = x
      elseif type(k) == "string" then
        parts[i] = k .. "=" .. x
      else
        parts[i] = "[" .. render(k) .. "]=" .. x
      end
    end
    for i = 1, #others do parts[#parts + 1] = others[i] end
    seen[v] = nil
    return "{" .. concat(parts, ", ") .. "}"
  end

  function show(...)
    tick()
    local parts = {}
    for i = 1, select("#", ...) do parts[i] = render((select(i, ...))) end
    print(concat(parts, " "))
  end

  -- keep(f) saves a closure; replay() calls what was saved since the last replay, twice each.
  function keep(f) kept[#kept + 1] = f end

  function replay(...)
    local list = kept
    kept = {}
    for round = 1, 2 do
      for i = 1, #list do show("kept", i, pcall(list[i], ...)) end
    end
  end

  function try(name, f, ...)
    budget = 300
    local r = pack(pcall(f, ...))
    if budget < 20 then budget = 20 end
    show(name, unpack(r, 1, r.n))
    replay(5)
  end

  function ev(f, ...) show(pcall(f, ...)) end

  function closer(name, action)
    return setmetatable({}, {__close = function(_, e)
      show("close", name, e)
      if action then return action(e) end
    end})
  end

  -- num(x) is x, but not a NaN, whose text depends on the machine.
  function num(x)
    if x ~= x then return "nan" end
    return x
  end

  -- str(x) is a text for any value, without addresses.
  function str(x)
    local t = type(x)
    if t == "string" then return x end
    return render(x)
  end

  -- clip(x) bounds the length of strings that a program builds up.
  function clip(x)
    if type(x) == "string" then return sub(x, 1, 60) end
    return x
  end
end
