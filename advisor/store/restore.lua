-- Applies one line of a journal, if it is the next one for its shard.
--
-- KEYS  the shard's mark; the customer's permissions, memory, ledger and index; a call's outcome;
--       what was applied under an id
-- ARGV  1 the line's mark, 2 its count; 3 permissions, 4 memory, 5 the life of memory and ledger,
--       6 outcome and 7 its life, 8 answer and 9 its life ('' leaves each as it is),
--       10 '1' to erase first; 11... lines for the ledger
-- gives 1 if it was applied, 0 if it had been before
local mark = redis.call('GET', KEYS[1])
if mark and tonumber(string.match(mark, '(%d+)$')) >= tonumber(ARGV[2]) then
  return 0
end
local stem = string.match(KEYS[1], '^(.*:)generation$')
local clock = redis.call('TIME')
local now = clock[1] * 1000
local function index(key, life)
  redis.call('ZADD', KEYS[5], 'GT', now + life, string.sub(key, #stem + 1))
  local last = redis.call('ZRANGE', KEYS[5], -1, -1, 'WITHSCORES')
  redis.call('PEXPIREAT', KEYS[5], string.format('%.0f', last[2]))
end
if ARGV[10] == '1' then
  for _, part in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
    redis.call('DEL', stem .. part)
  end
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
end
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[2], ARGV[3])
end
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
end
if #ARGV > 10 then
  redis.call('RPUSH', KEYS[4], unpack(ARGV, 11))
  redis.call('PEXPIRE', KEYS[4], ARGV[5])
end
if ARGV[6] ~= '' then
  redis.call('SET', KEYS[6], ARGV[6], 'PX', ARGV[7])
  index(KEYS[6], ARGV[7])
end
if ARGV[8] ~= '' then
  redis.call('SET', KEYS[7], ARGV[8], 'PX', ARGV[9])
  index(KEYS[7], ARGV[9])
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
