-- Counts words.
local words = {}

-- count adds the words of lines, an iterator such as io.lines(), to a table of counts.
function words.count(lines, counts)
	for line in lines do
		for word in line:lower():gmatch "[%w'\128-\255]+" do
			counts[word] = (counts[word] or 0) + 1
		end
	end
	return counts
end

-- top is a list of the n words that occur most often; of those that occur equally often, in the order of the alphabet.
function words.top(counts, n)
	local list = {}
	for word, count in pairs(counts) do
		list[#list + 1] = {word = word, count = count}
	end
	table.sort(list, function(a, b)
		if a.count ~= b.count then
			return a.count > b.count
		end
		return a.word < b.word
	end)
	return table.move(list, 1, math.min(n, #list), 1, {})
end

return words
