-- Takes a hold back, if its call has been neither decided anew since nor dialled.
--
-- KEYS  the customer's holds, the call's session, the shard's open calls; of one shard
-- ARGV  the decision id; the call's name; the open call's name
-- gives 1 if it was taken back
local session = redis.call('HMGET', KEYS[2], 'decision', 'dialled')
if session[1] ~= ARGV[1] or session[2] then
  return 0
end
redis.call('ZREM', KEYS[3], ARGV[3])
return redis.call('HDEL', KEYS[1], ARGV[2])
