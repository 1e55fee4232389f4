-- Reads the register of contacts with one telephone number, and leaves a call's hold in it.
--
-- KEYS  the register
-- ARGV  the call's name, its hold ('' for none), how long an entry is kept in milliseconds
-- gives the contacts of other calls; of more than a hundred, the oldest is forgotten
local clock = redis.call('TIME')
local now = clock[1] * 1000
local kept, oldest, first = {}, nil, math.huge
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local till, record = string.match(entries[i + 1], '^(%d+)|(.*)$')
  till = tonumber(till)
  if till <= now then
    redis.call('HDEL', KEYS[1], entries[i])
  elseif entries[i] ~= ARGV[1] then
    kept[#kept + 1] = record
    if till < first then
      oldest, first = entries[i], till
    end
  end
end
if #kept > 100 then
  redis.call('HDEL', KEYS[1], oldest)
end
if ARGV[2] ~= '' then
  redis.call('HSETNX', KEYS[1], ARGV[1], string.format('%.0f|', now + ARGV[3]) .. ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return kept
