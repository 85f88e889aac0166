local function main(n)
  local text = "the quick brown fox jumps over the lazy dog, 42 times; "
  local k = n // #text
  local counts, vowels = {}, 0
  for r = 1, k do
    for i = 1, #text do
      local c = text:sub(i, i)
      counts[c] = (counts[c] or 0) + 1
      if c == "a" or c == "e" or string.find("iou", c, 1, true) then vowels = vowels + 1 end
    end
  end
  local size = 0
  for _ in pairs(counts) do size = size + 1 end
  return vowels + counts["o"] + size
end

print(main(3000000))
