-- Changes what is kept of a customer, all of it or nothing: records, ledger, outcome, hold,
-- idempotency, journal and mark.
--
-- KEYS  the shard's mark; the customer's profile, permissions, memory, ledger, holds and index; the
--       call's outcome; what was applied under this id; the shard's open calls and journal; the
--       shard's queue of promises (due, leases, owed, claims, overdue, missed, rooms)
-- ARGV   1 the epoch in which the records were read
--        2 digest of the request ('' for none), 3 its answer, 4 how long both are kept
--        5, 6, 7 profile, permissions and memory as they were read ('' for none)
--        8, 9, 10 the same as they shall be ('' leaves one as it is)
--       11 the profile's life, 12 the life of memory and ledger (0 for ever)
--       13 the call's name ('' for none), 14 the open call's name, 15 its outcome ('' leaves it),
--       16 the outcome's life
--       17 '1' to do nothing where the call has no hold
--       18 '1' to write the journal, 19 the customer's name, 20 the applied id's own part
--       21 how many promises change, each with six: its member, when it may be rung at ('' where it
--       is owed no more), when it is missed, what a claim must know of it, when it was missed ('' if
--       it was not), what is to be said to its slot ('' for nothing)
--       then lines for the ledger
-- gives  what happened and, after 'same', the answer given then: 'done', 'same', 'reused',
--        'raced', 'lost'. All times in milliseconds.
local mark = redis.call('GET', KEYS[1])
local epoch, count = string.match(mark or '', '^(.*):(%d+)$')
if epoch ~= ARGV[1] then
  return {'lost'}
end
if ARGV[2] ~= '' then
  local applied = redis.call('GET', KEYS[9])
  if applied then
    if string.sub(applied, 1, #ARGV[2]) ~= ARGV[2] then
      return {'reused'}
    end
    -- WAIT asks for what its own connection has written; the first time may have been another's.
    redis.call('SET', KEYS[1], mark)
    return {'same', string.sub(applied, #ARGV[2] + 1)}
  end
end
for i = 2, 4 do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[i + 3] then
    return {'raced'}
  end
end
if ARGV[17] == '1' and redis.call('HEXISTS', KEYS[6], ARGV[13]) == 0 then
  return {'raced'}
end
local stem = string.match(KEYS[1], '^(.*:)generation$')
local clock = redis.call('TIME')
local now = clock[1] * 1000
local entry = {'customer', ARGV[19]}
local function note(name, value)
  entry[#entry + 1] = name
  entry[#entry + 1] = value
end
local function index(key, life)
  redis.call('ZADD', KEYS[7], 'GT', now + life, string.sub(key, #stem + 1))
  local last = redis.call('ZRANGE', KEYS[7], -1, -1, 'WITHSCORES')
  redis.call('PEXPIREAT', KEYS[7], string.format('%.0f', last[2]))
end
if ARGV[8] ~= '' then
  redis.call('SET', KEYS[2], ARGV[8], 'PX', ARGV[11])
end
if ARGV[9] ~= '' then
  redis.call('SET', KEYS[3], ARGV[9])
  note('permissions', ARGV[9])
end
if ARGV[10] ~= '' then
  redis.call('SET', KEYS[4], ARGV[10], 'PX', ARGV[12])
  note('memory', ARGV[10])
end
local raised = epoch .. ':' .. string.format('%.0f', count + 1)
local at = 22
for _ = 1, tonumber(ARGV[21]) do
  local member = ARGV[at]
  redis.call('ZREM', KEYS[13], member)
  redis.call('HDEL', KEYS[15], member)
  if ARGV[at + 1] ~= '' then
    redis.call('ZADD', KEYS[12], ARGV[at + 1], member)
    redis.call('HSET', KEYS[14], member, ARGV[at + 3])
    redis.call('ZADD', KEYS[16], ARGV[at + 2], member)
  else
    redis.call('ZREM', KEYS[12], member)
    redis.call('HDEL', KEYS[14], member)
    redis.call('ZREM', KEYS[16], member)
  end
  if ARGV[at + 4] ~= '' then
    redis.call('ZADD', KEYS[17], ARGV[at + 4], member)
  else
    redis.call('ZREM', KEYS[17], member)
  end
  if ARGV[at + 5] ~= '' then
    redis.call('HSET', KEYS[18], member, raised .. '|' .. ARGV[at + 5])
  end
  at = at + 6
end
if #ARGV >= at then
  local lines = {}
  for i = at, #ARGV do
    lines[#lines + 1] = ARGV[i]
  end
  redis.call('RPUSH', KEYS[5], unpack(lines))
  note('ledger', table.concat(lines, '\n'))
end
redis.call('PEXPIRE', KEYS[5], ARGV[12])
if ARGV[13] ~= '' then
  redis.call('HDEL', KEYS[6], ARGV[13])
  redis.call('ZREM', KEYS[10], ARGV[14])
end
if ARGV[15] ~= '' then
  redis.call('SET', KEYS[8], ARGV[15], 'PX', ARGV[16])
  index(KEYS[8], ARGV[16])
  note('call', ARGV[13])
  note('outcome', ARGV[15])
end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[9], ARGV[2] .. ARGV[3], 'PX', ARGV[4])
  index(KEYS[9], ARGV[4])
  note('id', ARGV[20])
  note('answer', ARGV[2] .. ARGV[3])
end
redis.call('SET', KEYS[1], raised)
if ARGV[18] == '1' and #entry > 2 then
  note('mark', raised)
  redis.call('XADD', KEYS[11], '*', unpack(entry))
end
return {'done'}
