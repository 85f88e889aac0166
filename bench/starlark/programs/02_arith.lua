local function main(n)
  local x, y = 1, 0
  for i = 0, n - 1 do
    x = (x * 31 + i) % 1000003
    if x % 3 == 0 then y = y + x // 7 else y = y - (x & 15) end
  end
  return x + y
end

print(string.format("%.0f", main(5000000)))
