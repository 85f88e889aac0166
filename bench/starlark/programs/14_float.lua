local function main(n)
  local x, v, dt, e = 1.0, 0.0, 0.001, 0.0
  for i = 1, n do
    local a = -4.0 * x - 0.01 * v
    v = v + a * dt
    x = x + v * dt
    e = e + x * x * dt
  end
  return math.floor(e * 1000000)
end

print(main(3000000))
