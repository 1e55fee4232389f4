-- Puts promises into the queue again, as their customer's memory has them.
--
-- KEYS  the shard's due, leases, owed, claims, overdue, missed and rooms
-- ARGV  1 the mark of what is said to the slots; then six for each promise, as `commit.lua` takes
--       them
for at = 2, #ARGV, 6 do
  local member = ARGV[at]
  redis.call('ZREM', KEYS[2], member)
  redis.call('HDEL', KEYS[4], member)
  if ARGV[at + 1] ~= '' then
    redis.call('ZADD', KEYS[1], ARGV[at + 1], member)
    redis.call('HSET', KEYS[3], member, ARGV[at + 3])
    redis.call('ZADD', KEYS[5], ARGV[at + 2], member)
  else
    redis.call('ZREM', KEYS[1], member)
    redis.call('HDEL', KEYS[3], member)
    redis.call('ZREM', KEYS[5], member)
  end
  if ARGV[at + 4] ~= '' then
    redis.call('ZADD', KEYS[6], ARGV[at + 4], member)
  end
  if ARGV[at + 5] ~= '' then
    redis.call('HSET', KEYS[7], member, ARGV[1] .. '|' .. ARGV[at + 5])
  end
end
return 1
