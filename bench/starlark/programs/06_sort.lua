local function sorted(xs, less)
  local ys = table.move(xs, 1, #xs, 1, {})
  table.sort(ys, less)
  return ys
end
local function main(n)
  local k = n // 12
  local x, numbers = 12345, {}
  for i = 1, k do
    x = (x * 1103515245 + 12345) % 2147483648
    numbers[i] = x
  end
  local names, pairs_ = {}, {}
  for i, v in ipairs(numbers) do names[i] = string.format("name-%d", v) end
  for i, v in ipairs(numbers) do pairs_[i] = {v % 100, v} end
  local function less(p, q) if p[1] ~= q[1] then return p[1] < q[1] end return p[2] < q[2] end
  local t = 0
  for r = 1, 3 do
    t = t + sorted(numbers)[k // 2 + 1] + #sorted(names, function(a, b) return a > b end)[r]
    t = t + sorted(pairs_, less)[r][2] + sorted(pairs_, function(p, q) return p[2] > q[2] end)[r][1]
  end
  return t
end

print(main(600000))
