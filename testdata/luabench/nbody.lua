-- The motion of the sun and the large planets.
local N = tonumber((...) or (arg and arg[1])) or 400000

local sqrt = math.sqrt
local PI = 3.141592653589793
local MASS = 4 * PI * PI
local YEAR = 365.24

local function body(x, y, z, vx, vy, vz, mass)
	return {x = x, y = y, z = z, vx = vx * YEAR, vy = vy * YEAR, vz = vz * YEAR, mass = mass * MASS}
end

local bodies = {
	body(0, 0, 0, 0, 0, 0, 1),
	body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
	body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411577, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
	body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
	body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
}

local function advance(bodies, count, dt)
	for i = 1, count do
		local a = bodies[i]
		local ax, ay, az, amass = a.x, a.y, a.z, a.mass
		local avx, avy, avz = a.vx, a.vy, a.vz
		for j = i + 1, count do
			local b = bodies[j]
			local dx, dy, dz = ax - b.x, ay - b.y, az - b.z
			local square = dx * dx + dy * dy + dz * dz
			local magnitude = dt / (square * sqrt(square))
			local force = b.mass * magnitude
			avx = avx - dx * force
			avy = avy - dy * force
			avz = avz - dz * force
			force = amass * magnitude
			b.vx = b.vx + dx * force
			b.vy = b.vy + dy * force
			b.vz = b.vz + dz * force
		end
		a.vx = avx
		a.vy = avy
		a.vz = avz
		a.x = ax + dt * avx
		a.y = ay + dt * avy
		a.z = az + dt * avz
	end
end

local function energy(bodies, count)
	local e = 0
	for i = 1, count do
		local a = bodies[i]
		e = e + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
		for j = i + 1, count do
			local b = bodies[j]
			local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
			e = e - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
		end
	end
	return e
end

local px, py, pz = 0, 0, 0
for i = 1, #bodies do
	local b = bodies[i]
	px = px + b.vx * b.mass
	py = py + b.vy * b.mass
	pz = pz + b.vz * b.mass
end
bodies[1].vx = -px / MASS
bodies[1].vy = -py / MASS
bodies[1].vz = -pz / MASS
local before = energy(bodies, #bodies)
for i = 1, N do advance(bodies, #bodies, 0.01) end
print(string.format("nbody %.6f %.6f", before, energy(bodies, #bodies)))
