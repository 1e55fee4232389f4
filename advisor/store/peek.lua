-- Looks for promises that are due in one shard; those whose claim has ended are due again.
--
-- KEYS  the shard's due, leases, owed and claims; its mark
-- ARGV  1 now, by the service's clock; 2 how many at most; 3... agents and teams (none for all)
-- gives  the mark, and pairs of a member and when it became due, the one due longest first.
--        Milliseconds.
local clock = redis.call('TIME')
local moment = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ended = redis.call('ZRANGE', KEYS[2], '-inf', moment, 'BYSCORE', 'LIMIT', 0, 100)
for _, member in ipairs(ended) do
  redis.call('ZREM', KEYS[2], member)
  redis.call('HDEL', KEYS[4], member)
  local owed = redis.call('HGET', KEYS[3], member)
  if owed then
    redis.call('ZADD', KEYS[1], string.match(owed, '^(%d+)|'), member)
  end
end
local wanted = {}
for i = 3, #ARGV do
  wanted[ARGV[i]] = true
end
local now = tonumber(ARGV[1])
local found = {}
-- Of very many that are due, those of others could hide the asker's own: so far it looks.
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, #ARGV > 2 and 1000 or ARGV[2], 'WITHSCORES')
for i = 1, #due, 2 do
  local mine = #ARGV == 2
  if not mine then
    local _, patience, owner, team = string.match(
      redis.call('HGET', KEYS[3], due[i]) or '', '^(%d+)|(%d+)|([^|]*)|([^|]*)')
    mine = owner and (wanted[owner] or (wanted[team] and (owner == '' or now >= tonumber(patience))))
  end
  if mine then
    found[#found + 1] = due[i]
    found[#found + 1] = due[i + 1]
    if #found >= 2 * tonumber(ARGV[2]) then
      break
    end
  end
end
return {redis.call('GET', KEYS[5]), found}
