-- Reads the floor and records of one partition as of one moment.
-- KEYS: floor, records...   ARGV: for each record the version known (8 bytes) or ''.
-- Answers for each key: its value, 1 when it is as known, nil when absent. Never nil for what is there.
local values = redis.call('MGET', unpack(KEYS))
for i, key in ipairs(KEYS) do
  local value = values[i]
  if not value then
    -- MGET says nil for another type, too.
    if redis.call('TYPE', key).ok ~= 'none' then
      return redis.error_reply('GRWRONGTYPE ' .. key)
    end
  elseif #value < 8 then
    return redis.error_reply('GRCORRUPT ' .. key)
  elseif i > 1 and string.sub(value, 1, 8) == ARGV[i - 1] then
    values[i] = 1
  end
end
return values
