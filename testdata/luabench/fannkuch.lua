-- Pancake flips over all permutations.
local N = tonumber((...) or (arg and arg[1])) or 10

local p, q, s = {}, {}, {}
for i = 1, N do
	p[i] = i
	q[i] = i
	s[i] = i
end
local sign, most, sum = 1, 0, 0
while true do
	local first = p[1]
	if first ~= 1 then
		for i = 2, N do q[i] = p[i] end
		local flips = 1
		while true do
			local top = q[first]
			if top == 1 then
				sum = sum + sign * flips
				if flips > most then most = flips end
				break
			end
			q[first] = first
			if first >= 4 then
				local i, j = 2, first - 1
				repeat
					local swap = q[i]
					q[i] = q[j]
					q[j] = swap
					i = i + 1
					j = j - 1
				until i >= j
			end
			first = top
			flips = flips + 1
		end
	end
	if sign == 1 then
		local swap = p[1]
		p[1] = p[2]
		p[2] = swap
		sign = -1
	else
		local swap = p[2]
		p[2] = p[3]
		p[3] = swap
		sign = 1
		local finished = false
		for i = 3, N do
			local count = s[i]
			if count ~= 1 then
				s[i] = count - 1
				break
			end
			if i == N then
				finished = true
				break
			end
			s[i] = i
			local head = p[1]
			for j = 1, i do p[j] = p[j + 1] end
			p[i + 1] = head
		end
		if finished then break end
	end
end
print(string.format("fannkuch %d %d", sum, most))
