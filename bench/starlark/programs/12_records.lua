local function main(n)
  local k = 5000
  local rows = {}
  for i = 0, k - 1 do
    rows[#rows + 1] = {id = i, name = "user" .. i, team = "t" .. (i % 17), score = i * 37 % 101, active = i % 3 ~= 0}
  end
  local t = 0
  for r = 0, n // k - 1 do
    local groups = {}
    for _, row in ipairs(rows) do
      if row.active then
        local g = groups[row.team]
        if g == nil then g = {}; groups[row.team] = g end
        g[#g + 1] = {id = row.id, score = row.score + r, tag = row.name}
      end
    end
    for team, members in pairs(groups) do
      local best = members[1]
      for _, m in ipairs(members) do if m.score > best.score then best = m end end
      t = t + best.id + #members + #best.tag
    end
  end
  return t
end

print(main(1500000))
