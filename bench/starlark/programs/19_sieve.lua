local function main(n)
  local size = n // 4
  local prime = {}
  for i = 0, size do prime[i] = true end
  prime[0] = false
  prime[1] = false
  for i = 2, size do
    if i * i > size then break end
    if prime[i] then for j = i * i, size, i do prime[j] = false end end
  end
  local count = 0
  for i = 0, size do if prime[i] then count = count + 1 end end
  return count
end

print(main(4000000))
