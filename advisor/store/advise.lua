-- Reads all that a decision needs, and leaves the call's session and its hold, so that of two
-- callers at the same time the second one sees the first.
--
-- KEYS  the shard's mark; the customer's profile, permissions, memory, holds and index; the call's
--       session and outcome; its reference; the shard's open calls; its queue's due, leases, owed,
--       claims and fence; all of one shard
-- ARGV   1 digest of the request
--        2 decision id and 3 reference, should this be new
--        4 the instant of the decision, as text
--        5 the session's life in milliseconds
--        6 the reference's record and 7 its life in milliseconds
--        8 the call's name, 9 its hold ('' for none), 10 when it is settled without an outcome
--       11 the open call's name
--       12 the decision's own part of its key and 13 its life in milliseconds
--       14 the promise that the call is to keep ('' for none), 15 its claim's token, 16 how long the
--       claim holds from now on
-- gives  the mark, and nothing more where there is none or the reference is taken; else the mark,
--        profile, permissions, memory, holds, and of the session: decision id, reference, revision,
--        instant, and whether it was there; and whether somebody else has the promise
local mark = redis.call('GET', KEYS[1])
if not mark then
  return {false}
end
local session = redis.call('HMGET', KEYS[7], 'digest', 'decision', 'reference', 'revision', 'at')
local repeated = session[1] == ARGV[1]
if not repeated then
  if not session[3] then
    if redis.call('EXISTS', KEYS[9]) == 1 then
      return {mark}
    end
    redis.call('HSET', KEYS[9], 'record', ARGV[6], 'lookups', 0)
    redis.call('PEXPIRE', KEYS[9], ARGV[7])
    session[3] = ARGV[3]
  end
  session[2], session[5] = ARGV[2], ARGV[4]
  session[4] = tostring(tonumber(session[4] or '0') + 1)
  redis.call('HSET', KEYS[7], 'version', 1, 'digest', ARGV[1], 'decision', session[2],
    'reference', session[3], 'revision', session[4], 'at', session[5])
  redis.call('PEXPIRE', KEYS[7], ARGV[5])
  local clock = redis.call('TIME')
  local now = clock[1] * 1000
  local stem = string.match(KEYS[1], '^(.*:)generation$')
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now)
  redis.call('ZADD', KEYS[6], 'GT', now + ARGV[5], string.sub(KEYS[7], #stem + 1),
    now + ARGV[7], string.sub(KEYS[9], #stem + 1), now + ARGV[13], ARGV[12])
  local last = redis.call('ZRANGE', KEYS[6], -1, -1, 'WITHSCORES')
  redis.call('PEXPIREAT', KEYS[6], string.format('%.0f', last[2]))
end
local elsewhere = 0
if ARGV[14] ~= '' then
  local clock = redis.call('TIME')
  local moment = clock[1] * 1000 + math.floor(clock[2] / 1000)
  local claim = redis.call('HGET', KEYS[14], ARGV[14])
  local ends = tonumber(redis.call('ZSCORE', KEYS[12], ARGV[14]) or '0')
  local token, worker = string.match(claim or '', '^(%d+)|(.*)$')
  if claim and ends > moment and token ~= ARGV[15] and worker ~= ARGV[8] then
    elsewhere = 1
  elseif claim and (token == ARGV[15] or worker == ARGV[8]) then
    redis.call('ZADD', KEYS[12], 'GT', moment + ARGV[16], ARGV[14])
  elseif ARGV[15] ~= '0' then
    elsewhere = 1
  elseif redis.call('HEXISTS', KEYS[13], ARGV[14]) == 1 then
    -- Nobody has it: the call itself does, so that no worker is given it meanwhile.
    token = math.max(tonumber(redis.call('GET', KEYS[15]) or '0') + 1, moment)
    redis.call('SET', KEYS[15], string.format('%.0f', token))
    redis.call('ZREM', KEYS[11], ARGV[14])
    redis.call('ZADD', KEYS[12], moment + ARGV[16], ARGV[14])
    redis.call('HSET', KEYS[14], ARGV[14], string.format('%.0f', token) .. '|' .. ARGV[8])
  end
end
-- Nobody may ring one person this often, so one hold more would tell nothing new.
local full = redis.call('HLEN', KEYS[5]) >= 50
if ARGV[9] ~= '' and elsewhere == 0 and not full and redis.call('EXISTS', KEYS[8]) == 0
    and redis.call('HSETNX', KEYS[5], ARGV[8], ARGV[9]) == 1 then
  redis.call('ZADD', KEYS[10], ARGV[10], ARGV[11])
end
return {mark, redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3]), redis.call('GET', KEYS[4]),
  redis.call('HGETALL', KEYS[5]), session[2], session[3], tonumber(session[4]), session[5],
  repeated and 1 or 0, elsewhere}
