-- Notes that a partition may have work due; of two notes the sooner stays, a little sooner still, so that whoever saw it
-- finds it changed; a last look (odd) becomes a note again.
-- KEYS: hints   ARGV: partition, time.
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
local time = tonumber(ARGV[2])
if not at or time < tonumber(at) then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
else
  redis.call('ZINCRBY', KEYS[1], tonumber(at) % 2 == 1 and -1 or -2, ARGV[1])
end
return 1
