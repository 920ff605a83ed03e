-- Removes keys of one partition unless it is in use, and raises its floor to the versions that go.
-- KEYS: floor, what stands while it is in use, keys...   ARGV: how the keys of records begin, floor lifetime in ms or ''.
-- Answers how many records went, -1 where it is in use.
if redis.call('EXISTS', KEYS[2]) == 1 then return -1 end
local floor = redis.call('GET', KEYS[1])
floor = floor and struct.unpack('>I8', floor) or 0
local raised, count = floor, 0
for i = 3, #KEYS do
  if string.sub(KEYS[i], 1, #ARGV[1]) == ARGV[1] then
    -- What is damaged goes all the same: its version cannot be told.
    local value = redis.pcall('GET', KEYS[i])
    if value then count = count + 1 end
    if type(value) == 'string' and #value >= 8 then
      raised = math.max(raised, (struct.unpack('>I8', value)))
    end
  end
end
if raised > floor then
  redis.call('SET', KEYS[1], struct.pack('>I8', raised))
  if ARGV[2] ~= '' then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
end
for i = 3, #KEYS do
  redis.call('DEL', KEYS[i])
end
return count
