-- Methods, inheritance over two levels, a metamethod for addition.
local N = tonumber((...) or (arg and arg[1])) or 3000000

local Account = {}
Account.__index = Account

function Account.new(class, balance)
	return setmetatable({balance = balance, operations = 0}, class)
end

function Account:deposit(amount)
	self.balance = self.balance + amount
	self.operations = self.operations + 1
end

function Account:withdraw(amount)
	if amount > self:available() then return false end
	self.balance = self.balance - amount
	self.operations = self.operations + 1
	return true
end

function Account:available()
	return self.balance
end

local Credit = setmetatable({}, {__index = Account})
Credit.__index = Credit

function Credit:available()
	return self.balance + self:limit()
end

function Credit:limit()
	return 100
end

local Gold = setmetatable({}, {__index = Credit})
Gold.__index = Gold

function Gold:limit()
	return 1000
end

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b)
	return setmetatable({x = a.x + b.x, y = a.y + b.y}, Vector)
end

local accounts = {Account.new(Account, 0), Account.new(Credit, 0), Account.new(Gold, 0)}
local refused = 0
for i = 1, N do
	local account = accounts[i % 3 + 1]
	account:deposit(i % 7)
	if not account:withdraw(i % 11) then refused = refused + 1 end
end
local total, operations = 0, 0
for i = 1, 3 do
	total = total + accounts[i].balance
	operations = operations + accounts[i].operations
end
local sum, step = setmetatable({x = 0, y = 0}, Vector), setmetatable({x = 1, y = 2}, Vector)
for i = 1, N / 5 do sum = sum + step end
print(string.format("methods %d %d %d %d", total, operations, refused, sum.x + sum.y))
