local function adder(k) return function(x) return x+k end end
local function apply(fs,x) for i=1,#fs do x=fs[i](x) end return x end
local function main(n)
  local fs={}
  for i=0,7 do fs[#fs+1]=adder(i) end
  fs[#fs+1]=function(x) return x ~ 3 end
  fs[#fs+1]=function(x) return x%10007 end
  local t=0
  for i=0,math.floor(n/11)-1 do t=t+apply(fs,i) end
  return t
end

print(string.format("%.0f",main(8000000)))
