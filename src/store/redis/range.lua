-- Reads a page of an index.
-- KEYS: index   ARGV: 'up' | 'down', first score, last score, limit, score and member of the entry before, or '' ''.
-- Answers member, score, member, score...
local command = ARGV[1] == 'up' and 'ZRANGEBYSCORE' or 'ZREVRANGEBYSCORE'
local limit, before_score, before = tonumber(ARGV[4]), ARGV[5], ARGV[6]

-- By bytes, as the index itself: Lua's < on strings follows the server's locale.
local function is_less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function is_new(member, score)
  if before_score == '' or tonumber(score) ~= tonumber(before_score) then return true end
  if ARGV[1] == 'up' then return is_less(before, member) end
  return is_less(member, before)
end

local page, offset = {}, 0
-- In large steps: what stands before the entry named is passed over once, not once for each small page.
local step = math.max(limit, 1000)
while true do
  local part = redis.call(command, KEYS[1], ARGV[2], ARGV[3], 'WITHSCORES', 'LIMIT', offset, before_score == '' and limit or step)
  for i = 1, #part, 2 do
    if is_new(part[i], part[i + 1]) then
      page[#page + 1] = part[i]
      page[#page + 1] = part[i + 1]
      if #page == 2 * limit then return page end
    end
  end
  if #part < 2 * (before_score == '' and limit or step) then return page end
  offset = offset + (before_score == '' and limit or step)
end
