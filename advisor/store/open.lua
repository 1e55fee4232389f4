-- Lets a call be found by its id, with the decision that holds for it, and tells whoever watches.
--
-- KEYS  the live call, its events
-- ARGV  the decision's id, the agent ('' where none is named), the life in milliseconds, the channel
if redis.call('HGET', KEYS[1], 'decision') == ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'version', 1, 'decision', ARGV[1])
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'agent', ARGV[2])
end
redis.call('HINCRBY', KEYS[1], 'revision', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], '')
return 1
