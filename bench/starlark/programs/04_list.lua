local function main(n)
  local k = n // 6
  local xs = {}
  for i = 0, k - 1 do xs[#xs + 1] = i end
  for i = 1, k do xs[i] = xs[i] + xs[k + 1 - i] end
  local t = 0
  for i = 1, #xs do t = t + xs[i] end
  local ys = {}
  for i = 1, k, 2 do ys[#ys + 1] = xs[i] end
  for i = 2, k, 2 do ys[#ys + 1] = xs[i] end
  local zs = {}
  for i = 1, #ys do if ys[i] % 2 == 1 then zs[#zs + 1] = ys[i] * 2 end end
  for i = 1, #zs do t = t - zs[#zs]; zs[#zs] = nil end
  return t + #ys
end

print(main(6000000))
