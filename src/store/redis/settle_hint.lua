-- Moves or removes a hint that still is what the caller saw.
-- KEYS: hints   ARGV: partition, time seen, next time or ''.   Answers 1 done, 0 changed meanwhile.
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not at or tonumber(at) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
return 1
