-- Adds an event to a live call, once, and gives all that is known of the call.
--
-- KEYS  the live call, its events
-- ARGV  1 the event's id ('' to add nothing), 2 its record, 3 its digest, 4 most events of a call
--       5 the life in milliseconds, 6 the channel
-- gives  'unknown', 'reused' or 'full' and nothing more; else 'added', 'repeated' or 'read', the
--        decision's id, the agent, the revision, the id of the last event, and the records
local decision = redis.call('HGET', KEYS[1], 'decision')
if not decision then
  return {'unknown'}
end
local came = 'read'
if ARGV[1] ~= '' then
  local digest = redis.call('HGET', KEYS[1], 'digest:' .. ARGV[1])
  if digest then
    if digest ~= ARGV[3] then
      return {'reused'}
    end
    came = 'repeated'
  else
    if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then
      return {'full'}
    end
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
    redis.call('HSET', KEYS[1], 'digest:' .. ARGV[1], ARGV[3], 'last', ARGV[1])
    redis.call('HINCRBY', KEYS[1], 'revision', 1)
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
    redis.call('PEXPIRE', KEYS[2], ARGV[5])
    redis.call('PUBLISH', ARGV[6], '')
    came = 'added'
  end
end
local known = redis.call('HMGET', KEYS[1], 'agent', 'revision', 'last')
return {came, decision, known[1] or '', known[2], known[3] or '', redis.call('HVALS', KEYS[2])}
