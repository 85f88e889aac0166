local function main(n)
  local text = "It was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness"
  local words = select(2, text:gsub(" ", "")) + 1
  local t = 0
  for r = 1, n // (words * 20) do
    local copies = {}
    for i = 1, 20 do copies[i] = text end
    local page = table.concat(copies, "\n")
    local counts = {}
    for line in page:gmatch("[^\n]+") do
      for word in line:lower():gmatch("[^ ]+") do counts[word] = (counts[word] or 0) + 1 end
    end
    local rows = {}
    for word, count in pairs(counts) do rows[#rows + 1] = {word, count} end
    table.sort(rows, function(p, q) if p[2] ~= q[2] then return p[2] > q[2] end return p[1] < q[1] end)
    local lines = {}
    for _, row in ipairs(rows) do
      if row[2] > 20 then lines[#lines + 1] = string.format("%s: %d", row[1], row[2]) end
    end
    t = t + #table.concat(lines, "; ")
  end
  return t
end

print(main(1800000))
