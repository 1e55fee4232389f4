-- Replaces both records of a customer if neither has changed since it was read.
--
-- KEYS  the profile, the permissions; of one shard
-- ARGV  both as they were read ('' for none); both as they shall be ('' for permissions: none);
--       how long the profile may live, in milliseconds
-- gives 1 if replaced, 0 if somebody else was faster
for i = 1, 2 do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[i] then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[5])
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[2], ARGV[4])
end
return 1
