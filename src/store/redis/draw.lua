-- Draws from the numbers of an index's entries, in order: all of the draws or none.
-- KEYS: index   ARGV: per draw: member, floor, ceiling, by, limit; none beyond 2^52, so that all sums are exact.
-- Answers 1 and what each number became, or 0, which draw exceeded its limit (the first is 0) and what its number counts as.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'zset' then
  return redis.error_reply('GRWRONGTYPE ' .. KEYS[1])
end

local numbers, answer = {}, {1}
for i = 1, #ARGV, 5 do
  local member = ARGV[i]
  local floor, ceiling = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local by, limit = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  local stands = numbers[member] or tonumber(redis.call('ZSCORE', KEYS[1], member) or 0)
  local counts = math.min(math.max(stands, floor), ceiling)
  if counts + by > limit then
    return {0, (i - 1) / 5, counts}
  end
  numbers[member] = counts + by
  answer[#answer + 1] = counts + by
end

for i = 1, #ARGV, 5 do
  -- Written out: a number as an argument may come out rounded, or as 4.5e+15.
  redis.call('ZADD', KEYS[1], string.format('%.0f', numbers[ARGV[i]]), ARGV[i])
end
return answer
