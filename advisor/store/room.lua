-- Changes or counts what is promised for one slot of a team.
--
-- KEYS  the slot; the slots without room; what was said of how many a slot can keep; the mark of
--       what was said last of each promise
-- ARGV  1 'hold', 'drop' (a hold), 'keep', 'free' or 'count'; 2 the promise; 3 how many the slot
--       can keep, where nobody said; 4 the slot's name among those without room; 5 how long a hold
--       lasts; 6 how long the slot is remembered; 7 to keep or free: the mark of the change that
--       says so
-- gives  1 where there is room for the promise (or nothing was asked), 0 where there is none; how
--        many are promised; how many can be kept. Milliseconds.
local clock = redis.call('TIME')
local moment = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', moment)
local said = redis.call('HGET', KEYS[3], ARGV[4])
local most = tonumber(said or ARGV[3])
local room = 1
if ARGV[7] ~= '' then
  -- Several services say it: a word that was overtaken on its way comes too late.
  local last, since = string.match(redis.call('HGET', KEYS[4], ARGV[2]) or '', '^(.*):(%d+)$')
  local epoch, count = string.match(ARGV[7], '^(.*):(%d+)$')
  if last ~= epoch or tonumber(since) <= tonumber(count) then
    redis.call('HSET', KEYS[4], ARGV[2], ARGV[7])
    redis.call('PEXPIRE', KEYS[4], ARGV[6])
    if ARGV[1] == 'keep' then
      redis.call('ZADD', KEYS[1], '+inf', ARGV[2])
    else
      redis.call('ZREM', KEYS[1], ARGV[2])
    end
  end
elseif ARGV[1] == 'drop' then
  local score = redis.call('ZSCORE', KEYS[1], ARGV[2])
  if score and score ~= 'inf' then
    redis.call('ZREM', KEYS[1], ARGV[2])
  end
elseif ARGV[1] == 'hold' and not redis.call('ZSCORE', KEYS[1], ARGV[2]) then
  if redis.call('ZCARD', KEYS[1]) >= most then
    room = 0
  else
    redis.call('ZADD', KEYS[1], moment + tonumber(ARGV[5]), ARGV[2])
  end
end
local count = redis.call('ZCARD', KEYS[1])
-- Where a team keeps nothing unless somebody says so, what nobody spoke of need not be listed.
if count >= most and (said or count > 0) then
  redis.call('HSET', KEYS[2], ARGV[4], '')
else
  redis.call('HDEL', KEYS[2], ARGV[4])
end
if count > 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
end
return {room, count, most}
