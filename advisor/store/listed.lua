-- Lists promises of one shard that are owed by some agents and teams, by when they may be missed.
--
-- KEYS  the shard's overdue and owed
-- ARGV  1, 2 from when and until when, as ZRANGE takes them; 3 how many at most; 4... agents and
--       teams
-- gives  pairs of a member and when it may be missed, the first first. Milliseconds.
local wanted = {}
for i = 4, #ARGV do
  wanted[ARGV[i]] = true
end
local found = {}
local at, looked = 0, 1000
repeat
  local some = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYSCORE', 'LIMIT', at, looked, 'WITHSCORES')
  for i = 1, #some, 2 do
    local owner, team = string.match(redis.call('HGET', KEYS[2], some[i]) or '', '^%d+|%d+|([^|]*)|([^|]*)')
    if wanted[owner] or wanted[team] then
      found[#found + 1] = some[i]
      found[#found + 1] = some[i + 1]
      if #found >= 2 * tonumber(ARGV[3]) then
        return found
      end
    end
  end
  at = at + looked
until #some < 2 * looked
return found
