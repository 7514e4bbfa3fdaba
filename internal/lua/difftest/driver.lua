-- Runs programs, which the rest of the file gives to run(index, source), each with the globals as they were at first.
local inCoroutine = ...
local run
do
  local print, pcall, load, type, tostring, next, pairs, select, rawset, rawget, getmetatable, setmetatable =
    print, pcall, load, type, tostring, next, pairs, select, rawset, rawget, getmetatable, setmetatable
  local gsub, concat = string.gsub, table.concat
  local G, textmeta = _G, getmetatable("")

  local function copy(t)
    local c = {}
    for k, v in next, t do c[k] = v end
    return c
  end

  local tables = {G, string, table, math, coroutine, utf8, textmeta}
  local saved = {}
  for i = 1, 7 do
    if type(tables[i]) == "table" then saved[tables[i]] = copy(tables[i]) end
  end

  local function restore()
    setmetatable(G, nil)
    for t, was in next, saved do
      local now = copy(t)
      for k in next, now do
        if was[k] == nil then rawset(t, k, nil) end
      end
      for k, v in next, was do
        if rawget(t, k) ~= v then rawset(t, k, v) end
      end
    end
  end

  function run(index, source)
    local lines, size = {}, 0
    local function output(...)
      local parts = {}
      for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
      local line = concat(parts, "\t")
      size = size + #line + 1
      if size > 1000000 then error("too much output", 0) end
      lines[#lines + 1] = line
    end
    local ok, err
    local f, message = load(source, "@p.lua")
    if f then
      G.print = output
      if inCoroutine then
        local co = coroutine.create(f)
        repeat ok, err = coroutine.resume(co) until coroutine.status(co) == "dead"
      else
        ok, err = pcall(f)
      end
      restore()
      if not ok then
        if type(err) ~= "string" and type(err) ~= "number" then err = "error object: " .. type(err) end
        lines[#lines + 1] = "error: " .. err
      end
    else
      lines[#lines + 1] = "load: " .. tostring(message)
    end
    local text = concat(lines, "\n")
    print("#begin " .. index)
    print("|" .. (gsub(text, "\n", "\n|")))
    print("#end " .. index)
  end
end
return run
