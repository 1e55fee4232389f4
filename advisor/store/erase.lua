-- Erases all that is kept of a customer, but for what is needed to go on not calling them.
--
-- KEYS  the shard's mark; the customer's profile, permissions, memory, ledger, holds and index; the
--       shard's open calls and journal; its queue of promises (due, leases, owed, claims, overdue,
--       missed, rooms)
-- ARGV  1 the permissions to keep ('' for none), 2 the permissions as they were read ('' for none),
--       3 the customer's name, 4 '1' to write the journal, 5 the memory as it was read ('' for none)
--       6... promises in pairs: the member, and what is to be said to its slot ('' for nothing)
-- gives 'done', 'raced' where permissions or memory have changed since they were read, or 'lost'
local mark = redis.call('GET', KEYS[1])
local epoch, count = string.match(mark or '', '^(.*):(%d+)$')
if not epoch then
  return 'lost'
end
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[2] or (redis.call('GET', KEYS[4]) or '') ~= ARGV[5] then
  return 'raced'
end
local raised = epoch .. ':' .. string.format('%.0f', count + 1)
local stem = string.match(KEYS[1], '^(.*:)generation$')
for _, part in ipairs(redis.call('ZRANGE', KEYS[7], 0, -1)) do
  redis.call('DEL', stem .. part)
end
for _, call in ipairs(redis.call('HKEYS', KEYS[6])) do
  redis.call('ZREM', KEYS[8], ARGV[3] .. '/' .. call .. '/0')
end
for i = 6, #ARGV, 2 do
  for _, queue in ipairs({10, 11, 14, 15}) do
    redis.call('ZREM', KEYS[queue], ARGV[i])
  end
  redis.call('HDEL', KEYS[12], ARGV[i])
  redis.call('HDEL', KEYS[13], ARGV[i])
  if ARGV[i + 1] ~= '' then
    redis.call('HSET', KEYS[16], ARGV[i], raised .. '|' .. ARGV[i + 1])
  end
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
if ARGV[1] ~= '' then
  redis.call('SET', KEYS[3], ARGV[1])
end
redis.call('SET', KEYS[1], raised)
if ARGV[4] == '1' then
  redis.call('XADD', KEYS[9], '*', 'customer', ARGV[3], 'erased', '1', 'permissions', ARGV[1],
    'mark', raised)
end
return 'done'
