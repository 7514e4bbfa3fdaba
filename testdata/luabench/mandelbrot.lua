-- The Mandelbrot set: float arithmetic in a tight loop.
local N = tonumber((...) or (arg and arg[1])) or 900

local inside, steps = 0, 0
for py = 0, N - 1 do
	local ci = 2 * py / N - 1
	for px = 0, N - 1 do
		local cr = 2 * px / N - 1.5
		local zr, zi, n = 0, 0, 0
		local zr2, zi2 = 0, 0
		while n < 100 and zr2 + zi2 <= 4 do
			zi = 2 * zr * zi + ci
			zr = zr2 - zi2 + cr
			zr2 = zr * zr
			zi2 = zi * zi
			n = n + 1
		end
		if n == 100 then inside = inside + 1 end
		steps = steps + n
	end
end
print(string.format("mandelbrot %d %d", inside, steps))
