-- Takes a promise out of the queue that its customer's memory does not owe.
--
-- KEYS  the customer's memory; the shard's due, leases, owed, claims and overdue
-- ARGV  1 the member, 2 the memory as it was read ('' for none)
-- gives  1; 0 where the memory has changed since, and may owe it now
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then
  return 0
end
for _, queue in ipairs({2, 3, 6}) do
  redis.call('ZREM', KEYS[queue], ARGV[1])
end
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
return 1
