-- Claims promises that are due in one shard, each with a token that is newer than any before.
--
-- KEYS  the shard's due, leases, owed, claims and fence
-- ARGV  1 now, by the service's clock; 2 how long the claim lasts; 3 who claims; 4... members
-- gives  for each that could be claimed: its member, its token, and when the claim ends by the
--        server's clock. Milliseconds.
local clock = redis.call('TIME')
local moment = clock[1] * 1000 + math.floor(clock[2] / 1000)
local claimed = {}
for i = 4, #ARGV do
  local member = ARGV[i]
  local due = redis.call('ZSCORE', KEYS[1], member)
  if due and tonumber(due) <= tonumber(ARGV[1]) then
    -- Not less than the time, so that a token is new even where the last one was lost.
    local token = math.max(tonumber(redis.call('GET', KEYS[5]) or '0') + 1, moment)
    local ends = moment + tonumber(ARGV[2])
    local text = string.format('%.0f', token)
    redis.call('SET', KEYS[5], text)
    redis.call('ZREM', KEYS[1], member)
    redis.call('ZADD', KEYS[2], ends, member)
    redis.call('HSET', KEYS[4], member, text .. '|' .. ARGV[3])
    claimed[#claimed + 1] = {member, text, string.format('%.0f', ends)}
  end
end
return claimed
