-- Holds a call that was dialled as an attempt, whatever the advice on it was, and keeps a release
-- that is still on its way from taking the hold back.
--
-- KEYS  the customer's holds, the call's session and outcome, the shard's open calls; of one shard
-- ARGV  the call's name, its hold, when it is settled without an outcome, the open call's name
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'dialled', 1)
end
if redis.call('EXISTS', KEYS[3]) == 0
    and redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('ZADD', KEYS[4], ARGV[3], ARGV[4])
end
