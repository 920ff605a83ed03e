-- Checks everything, then writes all or nothing: a script that fails half way is not rolled back.
-- KEYS: floor, operation, one per change..., one per index change...
-- ARGV: operation lifetime in ms, floor lifetime in ms or '', number of changes,
--       per change: expected version (8 bytes, '' for absent), a verb, value, lifetime in ms or '',
--       where a verb is 'check' | 'extend' | 'put' | 'remove',
--       per index change: 'add' | 'append' | 'remove', member, score; to remove: the score it must stand at, or ''.
-- Answers 0 conflict, 1 committed, 2 done before.
local function standing(key)
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then
    return nil, redis.error_reply('GRWRONGTYPE ' .. key)
  elseif value and #value < 8 then
    return nil, redis.error_reply('GRCORRUPT ' .. key)
  end
  return value
end

local function number(bytes)
  return (struct.unpack('>I8', bytes))
end

local floor, wrong = standing(KEYS[1])
if wrong then return wrong end
floor = floor and number(floor) or 0

if redis.call('EXISTS', KEYS[2]) == 1 then return 2 end

local changes = tonumber(ARGV[3])
local met = true
for i = 1, changes do
  local expected, verb, value = ARGV[4 * i], ARGV[4 * i + 1], ARGV[4 * i + 2]
  local found, wrong = standing(KEYS[2 + i])
  if wrong then return wrong end
  if expected == '' then
    if found or (verb == 'put' and number(value) <= floor) then met = false end
  elseif not found or string.sub(found, 1, 8) ~= expected then
    met = false
  end
end
for i = 3 + changes, #KEYS do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'none' and kind ~= 'zset' then
    return redis.error_reply('GRWRONGTYPE ' .. KEYS[i])
  end
end
if not met then return 0 end

-- A version that leaves its key, at once or when its time is over, must never return.
local raised = floor
for i = 1, changes do
  local expected, verb, value, lifetime = ARGV[4 * i], ARGV[4 * i + 1], ARGV[4 * i + 2], ARGV[4 * i + 3]
  if verb == 'remove' and expected ~= '' then
    raised = math.max(raised, number(expected))
  elseif verb == 'put' and lifetime ~= '' then
    raised = math.max(raised, number(value))
  end
end
if raised > floor then
  redis.call('SET', KEYS[1], struct.pack('>I8', raised))
  if ARGV[2] ~= '' then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[1])

for i = 1, changes do
  local verb, value, lifetime = ARGV[4 * i + 1], ARGV[4 * i + 2], ARGV[4 * i + 3]
  if verb == 'remove' then
    redis.call('DEL', KEYS[2 + i])
  elseif verb == 'put' and lifetime ~= '' then
    redis.call('SET', KEYS[2 + i], value, 'PX', lifetime)
  elseif verb == 'put' then
    redis.call('SET', KEYS[2 + i], value)
  elseif verb == 'extend' and lifetime == '' then
    redis.call('PERSIST', KEYS[2 + i])
  elseif verb == 'extend' then
    local left = redis.call('PTTL', KEYS[2 + i])
    if left >= 0 and left < tonumber(lifetime) then
      redis.call('PEXPIRE', KEYS[2 + i], lifetime)
    end
  end
end

local at = 4 + 4 * changes
for i = 3 + changes, #KEYS do
  if ARGV[at] == 'add' then
    redis.call('ZADD', KEYS[i], ARGV[at + 2], ARGV[at + 1])
  elseif ARGV[at] == 'append' then
    redis.call('ZREM', KEYS[i], ARGV[at + 1])
    local last = redis.call('ZREVRANGE', KEYS[i], 0, 0, 'WITHSCORES')
    local score = tonumber(ARGV[at + 2])
    if last[2] then score = math.max(score, tonumber(last[2]) + 1) end
    -- Written out: a number as an argument may come out rounded, or as 4.5e+15.
    redis.call('ZADD', KEYS[i], string.format('%.0f', score), ARGV[at + 1])
  elseif ARGV[at + 2] == '' or tonumber(redis.call('ZSCORE', KEYS[i], ARGV[at + 1]) or '') == tonumber(ARGV[at + 2]) then
    redis.call('ZREM', KEYS[i], ARGV[at + 1])
  end
  at = at + 3
end
return 1
