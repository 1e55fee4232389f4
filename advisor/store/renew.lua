-- Makes a claim last longer, because its call goes on.
--
-- KEYS  the shard's leases and claims
-- ARGV  1 the member, 2 the token, 3 how long the claim lasts from now on, 4 the name of the call
-- gives  1 where it does, 0 where somebody else has claimed it, or nobody has it
local token, worker = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^(%d+)|(.*)$')
if not token or (token ~= ARGV[2] and worker ~= ARGV[4]) then
  return 0
end
local clock = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'GT', clock[1] * 1000 + ARGV[3], ARGV[1])
return 1
