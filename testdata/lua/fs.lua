-- silly.fs.
local fs, task, time = require "silly.fs", require "silly.task", require "silly.time"

local root = os.tmpname()
assert(os.remove(root))
local function at(name) return root .. "/" .. name end

-- Folders.
eq(fs.mkdir(root), true)
eq(list(fs.mkdir(root)), "false " .. root .. ": File exists")
eq(list(fs.mkdir(at "a/b/c")), "false " .. at "a/b/c" .. ": No such file or directory")
eq(fs.mkdir(at "a/b/c", {parents = true}), true)
eq(fs.mkdir(at "a/b/c", {parents = true}), true)
eq(fs.stat(at "a").type, "folder")

-- Reading and writing.
local data = "one\0two\xff\n"
eq(fs.write(at "file", data), true)
eq(fs.read(at "file"), data)
eq(fs.append(at "file", "three"), true)
eq(fs.read(at "file"), data .. "three")
eq(fs.append(at "new", "x"), true)
eq(fs.read(at "new"), "x")
eq(fs.write(at "file", ""), true)
eq(fs.read(at "file"), "")
local big = ("x"):rep(3e6)
eq(fs.write(at "file", big), true)
eq(fs.read(at "file") == big, true)
eq(list(fs.read(at "file", {max = 1000})), "nil " .. at "file" .. ": it is longer than 1000 bytes")
eq(#fs.read(at "new", {max = 1}), 1)
eq(#fs.read(at "new", {max = math.maxinteger}), 1)
eq(list(fs.read(at "none")), "nil " .. at "none" .. ": No such file or directory")
eq(list(fs.read(root)), "nil " .. root .. ": it is a folder")
eq(list(fs.read("/dev/null")), "nil /dev/null: it is no regular file")
eq(fs.write("/dev/null", "x"), true)
eq(list(fs.write(at "none/x", "")), "false " .. at "none/x" .. ": No such file or directory")
eq(list(fs.write(root, "")):match("^false .*[Ii]s a directory$") ~= nil, true)

-- What is written replaces the file, with its mode, and leaves nothing beside it.
assert(os.execute("chmod 640 " .. at "new"))
eq(fs.write(at "new", "y"), true)
eq(fs.stat(at "new").mode, tonumber("640", 8))
local s = fs.stat(at "new")
eq(list(s.type, s.size), "file 1")
eq(math.abs(s.mtime - time.now()) < 60000, true)
eq(list(fs.stat(at "none")), "nil " .. at "none" .. ": No such file or directory")
local names = {}
for _, entry in ipairs(fs.list(root)) do names[#names + 1] = entry.name .. ":" .. entry.type end
eq(table.concat(names, " "), "a:folder file:file new:file")
eq(list(fs.list(at "new")), "nil " .. at "new" .. ": it is no folder")
eq(list(fs.list(at "none")), "nil " .. at "none" .. ": No such file or directory")

-- Everything below a folder; links are shown, and not followed.
assert(os.execute("ln -s .. " .. at "a/up"))
assert(fs.write(at "a/b/two", ""))
local paths = {}
for path, entry in fs.walk(root) do paths[#paths + 1] = path:sub(#root + 2) .. ":" .. entry.type end
eq(table.concat(paths, " "), "a:folder a/b:folder a/b/c:folder a/b/two:file a/up:link file:file new:file")
eq(list(pcall(function() for _ in fs.walk(at "none") do end end)):match("none: No such file or directory") ~= nil, true)

-- Renaming and removing.
eq(fs.rename(at "new", at "moved"), true)
eq(fs.read(at "moved"), "y")
eq(list(fs.rename(at "none", at "x")), "false " .. at "none" .. ": No such file or directory")
eq(fs.remove(at "moved"), true)
eq(list(fs.remove(at "moved")), "false " .. at "moved" .. ": No such file or directory")
eq(select(1, fs.remove(at "a")), false)
eq(fs.remove(at "none", {recursive = true}), true)

-- Watching a folder.
local w <close> = assert(fs.watch(root))
eq(list(w:read(1)), "nil timeout")
local function expect(watcher, op, path)
	while true do
		local event = assert(watcher:read(10000), op .. " of " .. path)
		if event.op == op and event.path == path then return end
	end
end
task.fork(function() fs.append(at "seen", "x") end)
expect(w, "create", at "seen")
fs.append(at "seen", "y")
expect(w, "write", at "seen")
fs.remove(at "seen")
expect(w, "remove", at "seen")

-- Watching a file that is replaced, and a tree that grows.
local one <close> = assert(fs.watch(at "file"))
local all <close> = assert(fs.watch(root, {recursive = true}))
fs.write(at "file", "new")
expect(one, "create", at "file")
fs.append(at "other", "x")
fs.append(at "file", "x")
expect(one, "write", at "file")
fs.mkdir(at "d/e", {parents = true})
expect(all, "create", at "d/e")
fs.append(at "d/e/f", "x")
expect(all, "create", at "d/e/f")

-- The end of a watcher.
local seen = 0
local loop = task.fork(function() for _ in one:events() do seen = seen + 1 end seen = "ended" end)
one:close()
eventually(function() return seen == "ended" end)
eq(list(one:read()), "nil watcher closed")
eq(list(fs.watch(at "none")), "nil " .. at "none" .. ": No such file or directory")

eq(fs.remove(root, {recursive = true}), true)
eq(fs.stat(root), nil)
eq(fs.stat("/").type, "folder") -- the link did not lead there

fails("bad argument #1 to '[%w.]*read' %(string expected, got no value%)", fs.read)
fails("unknown option 'parent'", fs.mkdir, "x", {parent = true})
fails("fs watcher expected", w.read, {})
