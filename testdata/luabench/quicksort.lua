-- Sorting algorithms in Lua: quicksort, heapsort, insertion sort.
local N = tonumber((...) or (arg and arg[1])) or 350000

local seed = 42
local function fill(n)
	local t = {}
	for i = 1, n do
		seed = (seed * 16807) % 2147483647
		t[i] = seed % 1000000
	end
	return t
end

local function quicksort(t, low, high)
	while low < high do
		local pivot = t[math.floor((low + high) / 2)]
		local i, j = low, high
		while i <= j do
			while t[i] < pivot do i = i + 1 end
			while t[j] > pivot do j = j - 1 end
			if i <= j then
				local swap = t[i]
				t[i] = t[j]
				t[j] = swap
				i = i + 1
				j = j - 1
			end
		end
		if j - low < high - i then
			quicksort(t, low, j)
			low = i
		else
			quicksort(t, i, high)
			high = j
		end
	end
end

local function heapsort(t)
	local n = #t
	local function sift(at, last)
		local value = t[at]
		while at * 2 <= last do
			local child = at * 2
			if child < last and t[child + 1] > t[child] then child = child + 1 end
			if t[child] <= value then break end
			t[at] = t[child]
			at = child
		end
		t[at] = value
	end
	for i = math.floor(n / 2), 1, -1 do sift(i, n) end
	for last = n, 2, -1 do
		local swap = t[1]
		t[1] = t[last]
		t[last] = swap
		sift(1, last - 1)
	end
end

local function insertion(t)
	for i = 2, #t do
		local value, j = t[i], i - 1
		while j > 0 and t[j] > value do
			t[j + 1] = t[j]
			j = j - 1
		end
		t[j + 1] = value
	end
end

local function sum(t)
	local s = 0
	for i = 1, #t do
		if i > 1 and t[i - 1] > t[i] then error("not sorted") end
		s = (s * 7 + t[i]) % 1000000007
	end
	return s
end

local a, b, c = fill(N * 2), fill(N), fill(1500)
quicksort(a, 1, #a)
heapsort(b)
insertion(c)
print(string.format("quicksort %d %d %d", sum(a), sum(b), sum(c)))
