-- Replaces a call's entry in the register of a telephone number, or takes it out.
--
-- KEYS  the register
-- ARGV  the call's name, its contact ('' to take it out), how long it is kept in milliseconds
if ARGV[2] == '' then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
local clock = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1],
  string.format('%.0f|', clock[1] * 1000 + ARGV[3]) .. ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
