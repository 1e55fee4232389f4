-- Gives a claimed promise back.
--
-- KEYS  the shard's due, leases, owed and claims; the session of the call that is not made
-- ARGV  1 the member, 2 the token, 3 when it is to be due again ('' for when it was), 4 the name of
--       the call that is not made ('' for none), 5 the decision not to make it
-- gives  1 where nobody has it now, 0 where somebody else has claimed it since, or the call has
--        been decided anew or was dialled all the same
if ARGV[4] ~= '' then
  local session = redis.call('HMGET', KEYS[5], 'decision', 'dialled')
  if session[1] ~= ARGV[5] or session[2] then
    return 0
  end
end
local claim = redis.call('HGET', KEYS[4], ARGV[1])
if not claim then
  return 1
end
local token, worker = string.match(claim, '^(%d+)|(.*)$')
if token ~= ARGV[2] and (ARGV[4] == '' or worker ~= ARGV[4]) then
  return 0
end
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
local owed = redis.call('HGET', KEYS[3], ARGV[1])
if owed then
  local due, patience, rest = string.match(owed, '^(%d+)|(%d+)(|.*)$')
  if ARGV[3] ~= '' and tonumber(ARGV[3]) > tonumber(due) then
    -- Its owner has it first again, for as long as before.
    patience = string.format('%.0f', patience + ARGV[3] - due)
    due = ARGV[3]
    redis.call('HSET', KEYS[3], ARGV[1], due .. '|' .. patience .. rest)
  end
  redis.call('ZADD', KEYS[1], due, ARGV[1])
end
return 1
