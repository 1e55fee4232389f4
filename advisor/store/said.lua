-- Forgets what was to be said to a slot, unless it has changed since it was read.
--
-- KEYS  the shard's rooms
-- ARGV  the promise's member, what was said
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
