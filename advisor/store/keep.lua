-- Keeps what explains a decision.
--
-- KEYS  the decision, the shard's mark
-- ARGV  the record, its life in milliseconds
if redis.call('EXISTS', KEYS[2]) == 0 then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
